# Reference vectors of tests/estimates: tables over samples of the made frame there. R 4.2.2, survey 4.1.1.
# Usage: Rscript benches/r/tables.R tests/vectors/sample
# Reads the drawn records (drawn_*.csv) and writes tables.txt: sample, act, measure, estimate, standard error, limits of a 95 %
# interval. The frame has 120, 80 and 40 persons and 12, 8 and 4 districts in three regions.
suppressMessages({library(survey); library(sampling)})
folder <- commandArgs(TRUE)[1]
persons <- c(nord = 120, sud = 80, ouest = 40)
districts <- c(nord = 12, sud = 8, ouest = 4)
p <- 0:239
region <- c("nord", "nord", "nord", "sud", "sud", "ouest")[p %% 6 + 1]
district <- paste0(region, ((p %/% 6) * 7 + p) %% districts[region])
inside <- table(district)
sexe <- table(ifelse((p * p + p %/% 3) %% 5 < 3, "F", "M"))
taille <- sum(1 + p %% 4)
path <- file.path(folder, "tables.txt")
cat("# benches/r/tables.R: sample act measure estimate error low high\n", file = path)
for (name in c("stratified", "clusters", "stages", "raked", "fitted_clusters", "pareto", "poisson")) {
  d <- read.csv(file.path(folder, paste0("drawn_", name, ".csv")), colClasses = c(region = "character"))
  one <- d[!duplicated(d$numero), c("numero", "region", "bassin", "sexe", "taille")]
  one <- one[order(one$numero), ]
  for (act in c("a", "b", "c")) {
    here <- d[d$acte == act, ]
    count <- function(rows) as.vector(table(factor(rows$numero, levels = one$numero)))
    one[[paste0("n_", act)]] <- count(here)
    one[[paste0("p_", act)]] <- as.integer(count(here) > 0)
    paid <- here[!is.na(here$montant), ]
    sums <- tapply(paid$montant, factor(paid$numero, levels = one$numero), sum)
    one[[paste0("m_", act)]] <- count(paid)
    one[[paste0("s_", act)]] <- ifelse(is.na(sums), 0, sums)
    known <- here[here$fumeur != "", ]
    one[[paste0("k_", act)]] <- count(known)
    one[[paste0("o_", act)]] <- count(known[known$fumeur == "oui", ])
  }
  one$N <- persons[one$region]; one$M <- districts[one$region]; one$fellows <- as.vector(inside[one$bassin])
  design <- switch(name,
    stages = svydesign(id = ~bassin + numero, strata = ~region, fpc = ~M + fellows, data = one),
    clusters = , fitted_clusters = svydesign(id = ~bassin, strata = ~region, fpc = ~M, data = one),
    svydesign(id = ~1, strata = ~region, fpc = ~N, data = one))
  if (name == "raked") {
    totals <- c(sexeF = sexe[["F"]], sexeM = sexe[["M"]], taille = taille)
    design <- calibrate(design, ~sexe + taille - 1, totals, calfun = "raking", epsilon = 1e-13, maxit = 200)
  }
  if (name == "fitted_clusters")
    design <- calibrate(design, ~sexe - 1, c(sexeF = sexe[["F"]], sexeM = sexe[["M"]]), calfun = "linear")
  # Unequal probabilities: Deville's estimator as sampling::varest has it, in each stratum; Poisson: sum (1 - pi) (y/pi)^2.
  unequal <- name %in% c("pareto", "poisson")
  if (unequal) {
    size <- (1 + p %% 4); chance <- numeric(240)
    for (r in names(persons)) chance[region == r] <- inclusionprobabilities(size[region == r], 20)
    pik <- chance[one$numero + 1]
    spread <- function(y) sqrt(if (name == "poisson") sum((1 - pik) * (y / pik)^2) else
      sum(sapply(names(persons), function(r) varest(y[one$region == r], pik = pik[one$region == r]))))
    freedom <- function(inside) sum(inside) - length(unique(one$region[inside]))
  }
  put <- function(act, measure, value, error, limits)
    cat(paste(c(name, act, measure, sprintf("%.17g", c(value, error, limits))), collapse = " "), "\n", sep = "", file = path, append = TRUE)
  for (act in c("a", "b", "c")) {
    v <- function(what) design$variables[[paste0(what, "_", act)]]
    term <- function(what) as.formula(paste0("~", what, "_", act))
    quantile <- function(inside) qt(0.975, if (unequal) freedom(inside) else degf(subset(design, inside)))
    total <- function(measure, what, inside) {
      if (unequal) { e <- spread(v(what)); t <- sum(v(what) / pik) }
      else { s <- svytotal(term(what), design); e <- as.vector(SE(s)); t <- as.vector(coef(s)) }
      put(act, measure, t, e, t + c(-1, 1) * quantile(inside) * e)
    }
    total("personnes", "p", v("p") > 0)
    total("actes", "n", v("p") > 0)
    total("somme", "s", v("m") > 0)
    ratio <- function(y, x) {
      if (!unequal) { r <- svyratio(term(y), term(x), design); return(c(coef(r), SE(r))) }
      t <- sum(v(y) / pik) / sum(v(x) / pik)
      c(t, spread((v(y) - t * v(x)) / sum(v(x) / pik)))
    }
    r <- ratio("s", "m"); t <- as.vector(r[1]); e <- as.vector(r[2])
    put(act, "moyenne", t, e, t + c(-1, 1) * quantile(v("m") > 0) * e)
    r <- ratio("o", "k"); t <- as.vector(r[1]); e <- as.vector(r[2])
    put(act, "part", t, e, plogis(qlogis(t) + c(-1, 1) * quantile(v("k") > 0) * e / (t * (1 - t))))
  }
}
