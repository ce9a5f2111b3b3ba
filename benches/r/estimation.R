# Reference vectors of src/estimation/tests: estimates and standard errors. R 4.2.2, survey 4.1.1, sampling 2.9.
# Usage: Rscript benches/r/estimation.R tests/vectors/sample
# Writes the samples (apistrat, apiclus1, apiclus2, pps, balanced, twophase) as CSV and the figures as estimates.txt: name, value,
# standard error, degrees of freedom, limits of a 95 % interval.
suppressMessages({library(survey); library(sampling)})
out <- commandArgs(TRUE)[1]
data(api)
digits <- function(v) if (is.numeric(v)) sprintf("%.17g", v) else v
save <- function(d, name) {
  path <- file.path(out, paste0(name, ".csv"))
  cat("# benches/r/estimation.R\n", file = path)
  d[] <- lapply(d, digits)
  suppressWarnings(write.table(d, path, append = TRUE, sep = ",", row.names = FALSE, quote = FALSE))
}
path <- file.path(out, "estimates.txt")
cat("# benches/r/estimation.R: name value error degrees low high\n", file = path)
put <- function(name, value, error, df = NA, low = NA, high = NA)
  cat(name, sprintf("%.17g", c(value, error, df, low, high)), "\n", file = path, append = TRUE)
stat <- function(name, s, design) {
  df <- degf(design); ci <- confint(s, df = df)
  put(name, as.vector(coef(s))[1], as.vector(SE(s))[1], df, ci[1], ci[2])
}
prop <- function(name, formula, design) {
  p <- svyciprop(formula, design, method = "logit"); ci <- confint(p)
  put(name, coef(p), sqrt(attr(p, "var")), degf(design), ci[1], ci[2])
}
yes <- function(f) as.integer(f == "Yes")
keep <- function(d, extra) data.frame(stype = as.integer(d$stype) - 1, wide = yes(d$sch.wide), awards = yes(d$awards), api00 = d$api00, api99 = d$api99, d[extra])
all <- function(name, design) {
  stat(paste0(name, ".total"), svytotal(~api00, design), design)
  stat(paste0(name, ".mean"), svymean(~api00, design), design)
  r <- svyratio(~api00, ~api99, design); stat(paste0(name, ".ratio"), r, design)
  prop(paste0(name, ".share"), ~wide, design)
  part <- subset(design, stype == 1)
  stat(paste0(name, ".domain.total"), svytotal(~api00, part), part)
  stat(paste0(name, ".domain.mean"), svymean(~api00, part), part)
  prop(paste0(name, ".domain.share"), ~awards, part)
  by <- svyby(~api00, ~stype + awards, design, svytotal)
  put(paste0(name, ".by"), by[by$stype == 2 & by$awards == 0, "api00"], SE(by)[by$stype == 2 & by$awards == 0])
}
s <- keep(apistrat, c("fpc", "pw", "enroll")); save(s, "apistrat")
all("strat", svydesign(id = ~1, strata = ~stype, fpc = ~fpc, data = s))
all("replace", svydesign(id = ~1, strata = ~stype, weights = ~pw, data = s))
one <- s[s$stype != 2 | cumsum(s$stype == 2) == 1, ]
options(survey.lonely.psu = "adjust")
single <- svydesign(id = ~1, strata = ~stype, fpc = ~fpc, weights = ~pw, data = one)
stat("lonely.mean", svymean(~api00, single), single)
stat("lonely.ratio", svyratio(~api00, ~api99, single), single)
t <- one$api00 * one$pw
part <- function(h) { v <- t[one$stype == h]; n <- length(v); N <- one$fpc[one$stype == h][1]; if (n > 1) (1 - n / N) * n * var(v) else (1 - n / N) * (v - mean(t))^2 }
put("lonely.total", sum(t), sqrt(part(0) + part(1) + part(2)))
options(survey.lonely.psu = "fail")
c1 <- keep(apiclus1, c("dnum", "fpc", "pw")); save(c1, "apiclus1")
d1 <- svydesign(id = ~dnum, fpc = ~fpc, weights = ~pw, data = c1)
all("clus1", d1)
c2 <- keep(apiclus2, c("dnum", "snum", "fpc1", "fpc2")); c2$fpc2 <- as.numeric(c2$fpc2); save(c2, "apiclus2")
all("clus2", svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, data = c2))
c1$h <- as.integer(c1$stype == 1); c1$m <- as.integer(c1$stype == 2); d1 <- svydesign(id = ~dnum, fpc = ~fpc, weights = ~pw, data = c1)
totals <- c(6194, 755, 1018, 3914069)
names(totals) <- c("(Intercept)", "h", "m", "api99")
g <- calibrate(d1, ~h + m + api99, totals); all("calibrated", g)
r <- calibrate(d1, ~h + m + api99, totals, calfun = "raking", epsilon = 1e-13, maxit = 100); all("raked", r)
s$h <- as.integer(s$stype == 1); s$m <- as.integer(s$stype == 2)
all("calibrated.strat", calibrate(svydesign(id = ~1, strata = ~stype, fpc = ~fpc, data = s), ~h + m + api99, totals))
c2$h <- as.integer(c2$stype == 1); c2$m <- as.integer(c2$stype == 2)
all("calibrated.clus2", calibrate(svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, data = c2), ~h + m + api99, totals))
# Unequal probabilities: belgianmunicipalities by population, 60 of 589
data(belgianmunicipalities); b <- belgianmunicipalities
pi <- inclusionprobabilities(b$Tot04, 60)
set.seed(20051226); k <- which(UPpivotal(pi) == 1)
pps <- data.frame(pi = pi[k], province = b$Province[k], y = b$TaxableIncome[k], x = b$Tot04[k]); save(pps, "pps")
fixed <- function(y, p, deville) { u <- p < 1; y <- y[u]; p <- p[u]; n <- length(p); a <- (1 - p) / sum(1 - p)
  c <- (1 - p) * (if (deville) 1 / (1 - sum(a^2)) else n / (n - 1)); t <- y / p; sqrt(sum(c * (t - sum(c * t) / sum(c))^2)) }
here <- as.integer(pps$province == 1)
for (v in c("y", "here")) { y <- if (v == "y") pps$y else pps$y * here
  put(paste0("pps.hajek.", v), sum(y / pps$pi), fixed(y, pps$pi, FALSE))
  put(paste0("pps.deville.", v), sum(y / pps$pi), sqrt(varest(y, pik = pps$pi)))
  poisson <- svydesign(id = ~1, fpc = ~pi, pps = poisson_sampling(pps$pi), data = cbind(pps, z = y))
  p <- svytotal(~z, poisson); put(paste0("pps.poisson.", v), coef(p), SE(p)) }
cat("certain units:", sum(pps$pi == 1), "varest of our deville:", fixed(pps$y, pps$pi, TRUE) / sqrt(varest(pps$y, pik = pps$pi)), "\n")
# Balanced: on the probability, population and area of income
X <- cbind(pi, b$Tot04, b$TaxableIncome / 1e6)
k <- which(samplecube(X, pi, 1, FALSE) == 1)
cube <- data.frame(pi = pi[k], province = b$Province[k], y = b$medianincome[k], tot = b$Tot04[k], income = b$TaxableIncome[k] / 1e6); save(cube, "balanced")
balanced <- function(y) { p <- cube$pi; x <- cbind(p, cube$tot, cube$income) / p; c <- (1 - p) * sum(p < 1) / (sum(p < 1) - qr(x[p < 1, ])$rank)
  e <- lm.wfit(x, y / p, c)$residuals; sqrt(sum(c * e^2)) }
put("balanced.y", sum(cube$y / cube$pi), balanced(cube$y))
put("balanced.here", sum((cube$y / cube$pi)[cube$province == 1]), balanced(cube$y * (cube$province == 1)))
put("balanced.tot", sum(cube$tot / cube$pi), 0)
# Two phases: MU284, 120 in two strata, then 45 of them in three other strata
data(MU284); m <- MU284
m$g <- as.integer(m$REG > 3); m$N <- as.vector(table(m$g))[m$g + 1]
phase1 <- unlist(lapply(0:1, function(g) sample(which(m$g == g), c(50, 70)[g + 1])))
f <- m[phase1, ]; f$h <- findInterval(f$P75, c(12, 25)); M <- as.vector(table(f$h)); f$M <- M[f$h + 1]
f$keep <- seq_len(120) %in% unlist(lapply(0:2, function(h) sample(which(f$h == h), c(12, 15, 18)[h + 1])))
# survey 4.1.1 takes sizes of first-phase strata by row number of the second phase (Dcheck_subset): kept rows must come first.
f <- f[order(!f$keep), ]
two <- twophase(id = list(~1, ~1), strata = list(~g, ~h), fpc = list(~N, NULL), subset = ~keep, data = f, method = "full")
d <- f[f$keep, ]; save(data.frame(g = d$g, h = d$h, M = d$M, N = d$N, y = d$RMT85, x = d$P85, part = as.integer(d$CS82 > 8)), "twophase")
d <- svytotal(~RMT85, two); put("twophase.total", coef(d), SE(d))
d <- svyratio(~RMT85, ~P85, two); put("twophase.ratio", coef(d), SE(d))
d <- svytotal(~I(RMT85 * (CS82 > 8)), two); put("twophase.domain", coef(d), SE(d))
f$all <- 284
one <- twophase(id = list(~1, ~1), strata = list(NULL, ~h), fpc = list(~all, NULL), subset = ~keep, data = f, method = "full")
d <- svytotal(~RMT85, one); put("twophase.simple", coef(d), SE(d))
# Quantiles of Student's distribution
for (df in c(1, 2, 3, 4, 7, 14, 30, 63, 64, 100, 1000, 99999)) for (p in c(0.025, 0.6, 0.95, 0.975, 0.995, 0.9999995))
  put(paste0("qt.", format(df, scientific = FALSE), ".", format(p, scientific = FALSE, digits = 7)), qt(p, df), NA)
