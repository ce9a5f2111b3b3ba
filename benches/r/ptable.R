# Reference values for the p-tables: transition probabilities of the R package ptable (EUPL), to be compared within the
# tolerance of its solver. Prints one line `table;i;j;p` for each probability; `Rscript ptable.R > reference.csv`.
library(ptable)
cat("# ptable", as.character(packageVersion("ptable")), "nloptr", as.character(packageVersion("nloptr")),
    R.version.string, "\n")
vectors <- function(name, ...) {
  p <- create_cnt_ptable(...)@pTable
  cat(sprintf("%s;%d;%d;%.8f\n", name, as.integer(p$i), as.integer(p$j), p$p), sep = "")
}
vectors("D2V1", D = 2, V = 1)
vectors("D2V0.9", D = 2, V = 0.9)
vectors("D5V3js2", D = 5, V = 3, js = 2)
vectors("D2V1.08js1", D = 2, V = 1.08, js = 1, mono = c(TRUE, TRUE, FALSE, TRUE))
vectors("D4V1stay0.5", D = 4, V = 1, pstay = 0.5)
vectors("D5V2.5js2stay0.3", D = 5, V = 2.5, js = 2, pstay = 0.3)
vectors("D8V2", D = 8, V = 2)
vectors("D2V1exact", D = 2, V = 1, optim = 4, mono = FALSE)
vectors("D3V1.5exact", D = 3, V = 1.5, optim = 4, mono = FALSE)
