"""What expressions are made of. A line is a type and an expression of it with holes: {type} for an expression, {1..5} for a number in
that range, {a|b} for one of the words, {any} for one type throughout, {pattern} for a LIKE pattern. "small" is an int4 and "calm" a
float8 with which arithmetic cannot overflow; a "!" behind the type marks what may raise an error."""

import collections
import re

SCALARS = r"""
bool    {any} IS NULL
bool    {any} IS NOT NULL
bool    {any} {=|<>|<|>} {any}
bool    {any} IS DISTINCT FROM {any}
bool    {any} IS NOT DISTINCT FROM {any}
bool    {any} BETWEEN {any} AND {any}
bool    {any} NOT BETWEEN {any} AND {any}
bool    {any} BETWEEN SYMMETRIC {any} AND {any}
bool    {any} IN ({any}, {any}, {any})
bool    {any} NOT IN ({any}, {any})
bool    ({any}, {small}) {=|<>|<|<=|>|>=} ({any}, {small})
bool    ({any}, {small}) IN (({any}, {small}), ({any}, {small}))
bool    ({any}, {small}) IS DISTINCT FROM ({any}, {small})
bool    ({any}, {small}) IS {NULL|NOT NULL}
bool    {any} = ANY (ARRAY[{any}, {any}, {any}])
bool    {any} {<|>|<=|>=|<>} {ANY|ALL} (ARRAY[{any}, {any}])
bool    num_nulls({any}, {any}) = {0..2}
bool    ({bool}) IS {TRUE|FALSE|UNKNOWN|NOT TRUE|NOT FALSE|NOT UNKNOWN}
bool    NOT ({bool})
bool    ({bool}) AND ({bool})
bool    ({bool}) OR ({bool})
bool    ({bool}) {=|<>|<|<=|>} ({bool})
bool    {text} {LIKE|NOT LIKE|LIKE|ILIKE} {pattern}
bool    {text} LIKE {pattern} ESCAPE ''
bool    {text} {~|!~|~*} {'^a'|'[a-c]'|'s+$'|'^.$'|' $'|'^$'}
bool    {text} SIMILAR TO {'a%'|'[ab]%'|'_'}
bool    starts_with({text}, {text})
bool    {text} ^@ {text}
bool    {small}::bool
bool    {small} % {2..7} = {0..1}
bool    ({date}, {date}) OVERLAPS ({date}, {date})
bool    isfinite({timestamp})

any     CASE WHEN {bool} THEN {any} ELSE {any} END
any     CASE WHEN {bool} THEN {any} WHEN {bool} THEN {any} END
any     CASE {small} WHEN {small} THEN {any} WHEN {0..3} THEN {any} ELSE {any} END
any     CASE {text} WHEN {text} THEN {any} ELSE {any} END
any     coalesce({any}, {any})
any     coalesce({any}, {any}, {any})
any     nullif({any}, {any})
any     greatest({any}, {any})
any     least({any}, {any}, {any})

small   {small} + {small}
small   {small} - {small}
small   -{small}
small   abs({small})
small   {small} % {2..9}
small   mod({small}, nullif({small}, 0))
small   {small} / {2..9}
small   {small} / nullif({small}, 0)
small   {small} & {0..255}
small   {small} | {0..255}
small   {small} # {0..255}
small   sign({small})::int4
small   length({text})
small   char_length({text})
small   octet_length({text})
small   bit_length({text})
small   strpos({text}, {text})
small   position({text} in {text})
small   length({bytea})
small   ({small} * {0.1|0.25|0.5|1.5|2.5})::int4
small   ({calm})::int4
small   ({calm} * 0.5)::int4
small   round({calm})::int4
small   ({bool})::int4
small   extract({year|month|day|quarter|week|dow|isodow|doy} from {date})::int4
small   extract({hour|minute|second} from {timestamp})::int4
small   extract({hour|minute} from {time})::int4
small   date_part('{year|month|day|hour|minute}', {timestamp})::int4
small   extract({year|day|hour} from {timestamptz})::int4
int4    {small} * {small}
int4    {small} * {2..100}
int4    ~{int4}
int4    {int4} # {int4}
int4    {small} << {1..8}
int4    {int4} >> {1..8}
int4    {int4} / {2..9}
int4    {int4} % {2..9}
int4    ascii({text})
int4    {date} - {date}
int4    width_bucket({calm}, 0, 100, {2..9})
int4    {int2}::int4
int4!   {int4} + {int4}
int4!   {int4} * {int4}
int4!   {int4} / {int4}
int4!   {int4} % {int4}
int4!   abs({int4})
int4!   -{int4}
int4!   {numeric}::int4
int4!   {float8}::int4
int4!   {text}::int4
int4!   {int8}::int4
int2    {small}::int2
int2    {bool}::int::int2
int2!   {int4}::int2
int2!   {int2} + {int2}
int8    {int4}::int8 + {int4}
int8    {int4}::int8 * {small}
int8    {int4}::int8 - {small}
int8    {int8} / {2..9}
int8    {int8} % {2..9}
int8    {int8} & {int8}
int8    ({small} * {0.5|1.5|2.5})::int8
int8!   {int8} + {int8}
int8!   {int8} * {int8}
int8!   {numeric}::int8
int8!   {int8} / {int8}
numeric {numeric} + {numeric}
numeric {numeric} - {numeric}
numeric {numeric} * {numeric}
numeric {numeric} / nullif({numeric}, 0)
numeric {numeric} / {2..9}
numeric {small}::numeric / {2..9}
numeric {numeric} % nullif({numeric}, 0)
numeric div({numeric}, nullif({numeric}, 0))
numeric -{numeric}
numeric abs({numeric})
numeric sign({numeric})
numeric round({numeric})
numeric round({numeric}, {0..4})
numeric round({numeric}, -1)
numeric trunc({numeric})
numeric trunc({numeric}, {0..4})
numeric floor({numeric})
numeric ceil({numeric})
numeric {int4}::numeric
numeric {int8} * 1.5
numeric {int8} + {numeric}
numeric {small} * {0.1|0.25|1.05}
numeric! {numeric}::numeric(38,4)
numeric ({small} / 7.0)::numeric(12,{0..6})
numeric {calm}::numeric
numeric {calm}::numeric(12,2)
numeric sqrt(abs({numeric}))
numeric power({small}, 2::numeric)
numeric extract({second|epoch|milliseconds} from {timestamp})
numeric extract(epoch from {date})
numeric trim_scale({numeric})
numeric! {numeric}::numeric(10,2)
numeric! {numeric} / {numeric}
numeric! {text}::numeric
numeric! ln({numeric})
numeric! sqrt({numeric})
float8  {calm} * {calm}
float8  {calm} / nullif({calm}, 0)
float8  {numeric}::float8
float8  {int8}::float8
float8  {float4}::float8
float8  -{float8}
float8  abs({float8})
float8  floor({float8})
float8  ceil({float8})
float8  trunc({float8})
float8  round({float8})
float8  sign({float8})
float8  sqrt(abs({float8}))
float8! {float8} * {float8}
float8! {float8} + {float8}
float8! {calm} / {calm}
float8! exp({calm})
calm    {calm} + {calm}
calm    {calm} - {calm}
calm    -{calm}
calm    {calm} / {2..9}
calm    {small}::float8
float4  {calm}::float4
float4  {small}::float4
float4  abs({float4})
float4  -{float4}
float4! {float4} * {float4}
text    lower({text})
text    upper({text})
text    {text} || {text}
text    {text} || {small}
text    concat({text}, {text}, {small})
text    concat_ws('-', {text}, {text})
text    substring({text} from {1..3} for {1..4})
text    substr({text}, {-1..4})
text    left({text}, {-2..4})
text    right({text}, {-2..4})
text    trim({text})
text    ltrim({text})
text    rtrim({text})
text    btrim({text}, {'a'|' a'|''})
text    replace({text}, {text}, {text})
text    reverse({text})
text    repeat({text}, {0..3})
text    lpad({text}, {0..8})
text    rpad({text}, {0..8}, {'x'|'ab'|' '})
text    initcap({text})
text    md5({text})
text    split_part({text}, {'a'|'-'|' '}, {1..2})
text    translate({text}, 'abc', 'xy')
text    {small}::text
text    {int8}::text
text    {numeric}::text
text    {bool}::text
text    {date}::text
text    {time}::text
text    {timestamp}::text
text    {timestamptz}::text
text    {uuid}::text
text    {float8}::text
text    {text}::varchar({1..4})
text    {text}::char({1..4})
text    {small}::varchar(2)
text    to_char({timestamp}, '{YYYY-MM-DD|HH24:MI:SS.MS|DDD|IW|Mon}')
text    to_char({small}, '{999|S099|FM990.0}')
text    encode({bytea}, 'hex')
text    quote_literal({text})
text    overlay({text} placing 'x' from {1..2})
text!   substring({text} from {1..3} for {small})
text!   chr({small})
date    {date} + {small}
date    {date} - {small}
date    {date} + {-400..400}
date    {timestamp}::date
date    {timestamptz}::date
date    make_date({1990..2030}, {1..12}, {1..28})
date!   {text}::date
date!   make_date({small}, {small}, {small})
time    {timestamp}::time
time    {time}::time({0..3})
time    {time} + interval '{90 minutes|1 second|00:00:00.003}'
timestamp {timestamp} + interval '{1 day|1 month|-1 month|1 hour|3 ms|00:00:00.0000015|1 year}'
timestamp {timestamp} - interval '{1 day|1 month|90 minutes}'
timestamp {timestamp} + {small} * interval '1 {day|hour|minute}'
timestamp {date} + {time}
timestamp {date}::timestamp
timestamp {date} + interval '{1 day|12 hours}'
timestamp date_trunc('{day|month|year|hour|minute|second|week|quarter}', {timestamp})
timestamp {timestamp}::timestamp({0..3})
timestamp {timestamptz}::timestamp
timestamp {timestamptz} AT TIME ZONE '{UTC|Europe/Berlin}'
timestamp make_timestamp({1990..2030}, {1..12}, {1..28}, {0..23}, {0..59}, 5.5)
timestamp! {text}::timestamp
timestamptz {timestamp}::timestamptz
timestamptz {date}::timestamptz
timestamptz {timestamptz} + interval '{1 day|1 hour|1 month}'
timestamptz {timestamp} AT TIME ZONE '{UTC|America/New_York}'
timestamptz date_trunc('{day|hour|month}', {timestamptz})
interval {timestamp} - {timestamp}
interval {timestamp} - {date}
interval {time} - {time}
interval age({timestamp}, {timestamp})
interval {small} * interval '1 hour'
uuid    nullif({uuid}, {uuid})
bytea   {bytea} || {bytea}
bytea   substring({bytea} from {1..2} for {1..3})
bytea   convert_to({text}, 'UTF8')
bytea   set_byte({bytea} || '\x00', 0, {0..255})
"""

# Only what the order of rows does not change; "~" is a sum whose last bits it may.
AGGREGATES = r"""
int8    count(*)
int8    count(*)
int8    count({any})
int8    count(DISTINCT {any})
int8    sum({int4})
int8    sum({int2})
int8    sum(DISTINCT {small})
numeric sum({int8})
numeric sum({numeric})
numeric sum(DISTINCT {numeric})
float8~ sum({calm})
numeric avg({int4})
numeric avg({int2})
numeric avg({int8})
numeric avg({numeric})
float8~ avg({calm})
numeric avg(DISTINCT {small})
any     min({any})
any     max({any})
numeric stddev({int4})
numeric stddev_pop({small})
numeric variance({numeric})
numeric var_pop({small})
float8~ stddev({calm})
bool    bool_and({bool})
bool    bool_or({bool})
bool    every({bool})
int4    bit_and({int4})
int4    bit_or({int4})
text    string_agg({text}, ',' ORDER BY {key})
text    array_agg({small} ORDER BY {key})::text
text    array_agg(DISTINCT {small})::text
float8  percentile_disc({0.1|0.5|0.9}) WITHIN GROUP (ORDER BY {calm})
float8  percentile_cont(0.5) WITHIN GROUP (ORDER BY {small})
int8    count(*) + {1..3}
numeric sum({numeric}) / nullif(count({numeric}), 0)
int8    coalesce(sum({int4}), 0)
bool    count(*) > {0..5}
bool    max({small}) {<|>=} {small_literal}
int4    max({small}) - min({small})
numeric round(avg({small}), {0..3})
int8    sum(CASE WHEN {bool} THEN {small} ELSE 0 END)
"""
# What min() and max() take.
ORDERED = ("small", "int2", "int4", "int8", "numeric", "float4", "float8", "calm", "text", "date", "time", "timestamp", "timestamptz")

# {key} is a total order of the rows, {by} a column.
WINDOWS = r"""
int8    row_number() OVER (ORDER BY {key})
int8    row_number() OVER (PARTITION BY {by} ORDER BY {key} DESC)
int8    rank() OVER (ORDER BY {by})
int8    dense_rank() OVER (PARTITION BY {by} ORDER BY {by} DESC NULLS LAST)
int8    count(*) OVER (PARTITION BY {by})
int8    count({any}) OVER ()
int8    sum({int4}) OVER (PARTITION BY {by} ORDER BY {key})
numeric sum({numeric}) OVER (ORDER BY {key} ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)
numeric avg({small}) OVER (PARTITION BY {by})
int4    max({small}) OVER (ORDER BY {by})
int4    lag({small}) OVER (ORDER BY {key})
text    lead({text}::text, 2) OVER (PARTITION BY {by} ORDER BY {key})
text    first_value({text}::text) OVER (PARTITION BY {by} ORDER BY {key})
int4    ntile({2..5}) OVER (ORDER BY {key})
float8  percent_rank() OVER (ORDER BY {by})
"""

Template = collections.namedtuple("Template", "type text risky approximate")


def parse(text):
    """By type, what makes an expression of it."""
    templates = collections.defaultdict(list)
    for line in text.strip().splitlines():
        if not line.strip():
            continue
        mark, body = line.split(None, 1)
        type = mark.rstrip("!~")
        templates[type].append(Template(type, body, mark.endswith("!"), mark.endswith("~")))
    return templates


def pieces(template):
    """The text of a template and its holes in turn."""
    return re.split(r"\{([^{}]*)\}", template.text)


scalars, aggregates, windows = (parse(text) for text in (SCALARS, AGGREGATES, WINDOWS))
