// The exclusive locks of a switch.
#pragma once

#include "staging.hpp"

namespace mssql::pg {

// Takes them, on the tables that are switched, those that are refilled behind, those at the other
// ends of foreign keys that go for that, and sequences that are set behind, all together: nothing
// is waited for with some of them locked. A table that has got into a publication meanwhile is an
// error.
void lock_for_switch(const SwitchRequest& request);

}  // namespace mssql::pg
