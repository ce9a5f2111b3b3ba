# Reference values for small count rounding: how far the R package SmallCountRounding moves the published cells of made-up
# linked tables. Its result depends on a random order of the cells, so the least, the median and the largest sum of squares over
# 25 seeds are given. Prints a;b;c;groups;base;inner;least;median;largest;largest
# deviation; `Rscript small_count_rounding.R > reference.csv`.
library(SmallCountRounding)
cat("# SmallCountRounding", as.character(packageVersion("SmallCountRounding")), "SSBtools",
    as.character(packageVersion("SSBtools")), R.version.string, "\n")
# Inner cells a x b x c, the last running fastest; groups of the first dimension are its remainders.
case <- function(a, b, c, groups, base, inner) {
  cell <- seq_len(a * b * c) - 1
  x <- cell %/% (b * c); y <- cell %/% c %% b; z <- cell %% c; g <- x %% groups
  count <- (cell * cell * 7 + cell * 3 + cell %/% 5) %% 13
  keys <- list(x * b + y, x * c + z, g * b + y, x, g, y, 0 * x)
  if (inner) keys <- c(list(cell), keys)
  sets <- do.call(cbind, lapply(keys, function(key) outer(key, sort(unique(key)), "==") * 1))
  runs <- sapply(1:25, function(seed) {
    fit <- RoundViaDummy(data.frame(count = count), "count", roundBase = base, x = Matrix::Matrix(sets, sparse = TRUE),
                         printInc = FALSE, crossTable = FALSE, rndSeed = seed)
    difference <- fit$yPublish[, 2] - fit$yPublish[, 1]
    c(sum(difference^2), max(abs(difference)))
  })
  cat(a, b, c, groups, base, as.integer(inner), min(runs[1, ]), median(runs[1, ]), max(runs[1, ]), min(runs[2, ]), sep = ";")
  cat("\n")
}
case(4, 3, 3, 2, 3, TRUE)
case(6, 5, 4, 2, 3, TRUE)
case(6, 5, 4, 3, 5, TRUE)
case(6, 5, 4, 3, 20, FALSE)
case(12, 8, 6, 4, 5, TRUE)
case(12, 8, 6, 4, 10, TRUE)
case(20, 10, 8, 5, 5, TRUE)
case(20, 10, 2, 5, 10, FALSE)
