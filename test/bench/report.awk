# The tables of test/bench/run out of its results, a line a measurement: WHAT SHAPE WHO nanoseconds rows [bytes]. The best round counts.
# -v shapes="votes ..." -v drivers="native freetds": the first driver is the default one, whose ratios are told.
BEGIN { FS = "\t" }

{
  key = $1 SUBSEP $2 SUBSEP $3
  if (!(key in best) || $4 < best[key]) best[key] = $4
  if ($1 == "decode") {
    rows[$2] = $5
    if ($6 > bytes[$2]) bytes[$2] = $6  # native cells are what travelled; FreeTDS has made UTF-8 of text
  }
}

# Nanoseconds a row; 0 where nothing was measured. Of replicate_table, what a table of one row takes is not the rows'.
function cost(what, shape, who, beside) {
  beside = what == "load" ? best["command", "one", who] : 0
  return rows[shape] ? (best[what, shape, who] - beside) / rows[shape] : 0
}
function ratio(a, b) { return a && b ? sprintf("%.2f", a / b) : "-" }
function micro(what, shape, who) { return cost(what, shape, who) ? sprintf("%.3f", cost(what, shape, who) / 1000) : "-" }
function million(shape, who) { return cost("decode", shape, who) ? sprintf("%.2f", 1000 / cost("decode", shape, who)) : "-" }

END {
  count = split(shapes, shape, " ")
  split(drivers, driver, " ")
  mine = driver[1]
  printf "\nRatios, mssql_fdw with its driver %s (target)\n", mine
  printf "  %-10s %10s %8s %16s %14s %16s %16s\n", "shape", "rows", "B/row", "decode/freetds", "load/COPY", "tds_fdw/load", "tds_fdw/count"
  printf "  %-10s %10s %8s %16s %14s %16s %16s\n", "", "", "", "(>= 6)", "(<= 1.25)", "(>= 3.5)", "(>= 6)"
  for (i = 1; i <= count; ++i) {
    s = shape[i]
    printf "  %-10s %10d %8d %16s %14s %16s %16s\n", s, rows[s], bytes[s] / rows[s],
           mine == "freetds" ? "-" : ratio(cost("decode", s, "freetds"), cost("decode", s, mine)),
           ratio(cost("load", s, mine), cost("load", s, "COPY")), ratio(cost("load", s, "tds_fdw"), cost("load", s, mine)),
           ratio(cost("count", s, "tds_fdw"), cost("count", s, mine))
  }
  printf "\nDecoding, million rows a CPU-second; loading and counting, microseconds of the backend's CPU a row\n"
  printf "  %-10s %17s | %35s | %26s\n", "", "decode", "load", "count"
  printf "  %-10s %8s %8s | %8s %8s %8s %8s | %8s %8s %8s\n", "shape", "native", "freetds", "native", "freetds", "COPY", "tds_fdw", "native", "freetds", "tds_fdw"
  for (i = 1; i <= count; ++i) {
    s = shape[i]
    printf "  %-10s %8s %8s | %8s %8s %8s %8s | %8s %8s %8s\n", s, million(s, "native"), million(s, "freetds"), micro("load", s, "native"),
           micro("load", s, "freetds"), micro("load", s, "COPY"), micro("load", s, "tds_fdw"), micro("count", s, "native"),
           micro("count", s, "freetds"), micro("count", s, "tds_fdw")
  }
  printf "\nreplicate_table of a table with one row: %.0f ms of CPU\n", best["command", "one", mine] / 1e6
}
