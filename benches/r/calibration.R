# Reference vectors of src/calibration/tests.rs: weight ratios on apistrat (200 schools). R 4.2.2, survey 4.1.1, sampling 2.9.
# Usage: Rscript benches/r/calibration.R > tests/vectors/sample/calibration.csv
# Auxiliaries: the three types of school, api99, meals; totals from apipop. Then two margins (type 3, sch.wide 2), raked;
# then post-strata of type and awards (6). Differences between the two packages go to standard error.
suppressMessages({library(survey); library(sampling)})
data(api)
note <- function(...) cat(..., "\n", file = stderr())
x <- model.matrix(~ 0 + stype + api99 + meals, apistrat)
totals <- colSums(model.matrix(~ 0 + stype + api99 + meals, apipop))
d <- apistrat$pw
design <- svydesign(id = ~1, strata = ~stype, weights = ~pw, data = apistrat, fpc = ~fpc)
ratios <- function(...) weights(calibrate(design, ~ 0 + stype + api99 + meals, totals, epsilon = 1e-13, maxit = 200, ...)) / d
g <- data.frame(linear = ratios(calfun = "linear"), raking = ratios(calfun = "raking"),
  truncated = ratios(calfun = "linear", bounds = c(0.94, 1.05)), logit = ratios(calfun = "logit", bounds = c(0.94, 1.05)))
one <- calib(x, d, totals, method = "linear")
two <- calib(x, d, totals, method = "raking"); two <- two * calib(x, d * two, totals, method = "raking")
three <- calib(x, d, totals, method = "truncated", bounds = c(0.94, 1.05))
four <- calib(x, d, totals, method = "logit", bounds = c(0.94, 1.05))
note("ranges", sapply(g, range))
note("survey - sampling:", max(abs(g$linear - one)), max(abs(g$raking - two)), max(abs(g$truncated - three)), max(abs(g$logit - four)))
margins <- list(as.data.frame(xtabs(~stype, apipop)), as.data.frame(xtabs(~sch.wide, apipop)))
raked <- weights(rake(design, list(~stype, ~sch.wide), margins, control = list(maxit = 1000, epsilon = 1e-12))) / d
cells <- as.data.frame(xtabs(~stype + awards, apipop))
post <- weights(postStratify(design, ~stype + awards, cells)) / d
scaled <- calib(x, d, totals, q = 1 / apistrat$enroll, method = "linear")
note("totals", totals, "sch.wide", margins[[2]]$Freq, "cells", cells$Freq)
out <- data.frame(d = d, stype = as.integer(apistrat$stype) - 1, wide = as.integer(apistrat$sch.wide) - 1,
  awards = as.integer(apistrat$awards) - 1, api99 = apistrat$api99, meals = apistrat$meals, enroll = apistrat$enroll, g, raked, post, scaled)
cat("# benches/r/calibration.R\n")
out[] <- lapply(out, function(v) sprintf("%.16g", v))
write.csv(out, row.names = FALSE, quote = FALSE)
# Example 1 of calib
Xs <- cbind(rep(1:0, each = 5), rep(0:1, each = 5), 1:10)
note("example 1", format(calib(Xs, rep(5, 10), c(24, 26, 290), method = "raking"), digits = 16))
note("example 1, truncated", format(calib(Xs, rep(5, 10), c(24, 26, 290), method = "truncated", bounds = c(0.75, 1.2)), digits = 16))
note("example 1, logit", format(calib(Xs, rep(5, 10), c(24, 26, 290), method = "logit", bounds = c(0.7, 1.3)), digits = 16))
