# Reference numbers for the sampling designs, from R's package sampling (2.9 used) on its own data sets.
# Run from the root of the repository: Rscript benches/r/designs.R
# Writes tests/vectors/sample/designs_*.csv.
suppressPackageStartupMessages(library(sampling))
data(belgianmunicipalities)
data(MU284)
options(digits = 17, scipen = 999)
write_csv <- function(rows, name, note) {
  path <- file.path("tests/vectors/sample", paste0("designs_", name, ".csv"))
  writeLines(c(paste0("# benches/r/designs.R, R sampling ", packageVersion("sampling"), ": ", note),
               paste(names(rows), collapse = ",")), path)
  write.table(format(rows, digits = 17, trim = TRUE), path, append = TRUE, sep = ",", quote = FALSE,
              row.names = FALSE, col.names = FALSE)
}

# 1. Inclusion probabilities with certainty units, and order sampling with given random numbers. u is a multiple of 2^32.
size <- belgianmunicipalities$Tot04
pik <- inclusionprobabilities(size, 200)
k <- seq_along(size)
word <- (k * 2654435761) %% 2^32
u <- word / 2^32
poisson <- as.integer(u < pik)
sure <- pik > 1 - 1e-12
drawn <- function(rank) as.integer(rank(replace(rank, sure, -1), ties.method = "first") <= 200)
sequential <- drawn(u / pik)
pareto <- drawn(u * (1 - pik) / (pik * (1 - u)))
write_csv(data.frame(size = size, pik = pik, word = word, poisson = poisson, sequential = sequential, pareto = pareto),
          "order", "belgianmunicipalities, Tot04, n = 200; u = word / 2^32")

# 2. Second-order probabilities: MU284, region 1, P85, n = 9.
size <- MU284$P85[MU284$REG == 1]
pik <- inclusionprobabilities(size, 9)
open <- pik < 1 - 1e-12
# UPmaxentropypi2 with its parameters found more exactly than its default allows.
conditional <- local({
  joint <- outer(pik, pik)
  diag(joint) <- pik
  tilde <- UPMEpiktildefrompik(pik[open], eps = 1e-14)
  joint[open, open] <- UPMEpik2frompikw(pik[open], tilde / (1 - tilde))
  joint
})
# UPsampfordpi2 takes no certain units.
sampford <- local({
  joint <- outer(pik, pik)
  diag(joint) <- pik
  joint[open, open] <- UPsampfordpi2(pik[open])
  joint
})
systematic <- UPsystematicpi2(pik)
pairs <- which(upper.tri(diag(length(pik)), diag = TRUE), arr.ind = TRUE)
write_csv(data.frame(unit = pairs[, 1] - 1, other = pairs[, 2] - 1, size = size[pairs[, 1]],
                     conditional = conditional[pairs], sampford = sampford[pairs], systematic = systematic[pairs]),
          "joint", "MU284, REG 1, P85, n = 9; positions from 0; size of the first unit")

# 3. How often UPpivotal draws pairs, sizes 1, 2, ..., 8, n = 3.
set.seed(20)
size <- 1:8
pik <- inclusionprobabilities(size, 3)
draws <- 100000
both <- matrix(0, 8, 8)
for (i in seq_len(draws)) { s <- UPpivotal(pik); both <- both + outer(s, s) }
pairs <- which(upper.tri(both, diag = TRUE), arr.ind = TRUE)
write_csv(data.frame(unit = pairs[, 1] - 1, other = pairs[, 2] - 1, draws = draws, both = both[pairs]),
          "pivotal", "UPpivotal, pi = 3 (1, ..., 8) / 36, set.seed(20)")

# 4. The cube: root mean squared relative deviation of each total over 400 samples, landing by suppression of variables.
set.seed(21)
pik <- inclusionprobabilities(belgianmunicipalities$Tot04, 50)
x <- cbind(pik, belgianmunicipalities$Men04, belgianmunicipalities$Diffmen, belgianmunicipalities$TaxableIncome,
           belgianmunicipalities$Totaltaxation, belgianmunicipalities$averageincome)
total <- colSums(x)
deviations <- replicate(400, {
  s <- samplecube(x, pik, order = 1, comment = FALSE, method = 2) > 0.5
  colSums(x[s, ] / pik[s]) / total - 1
})
unbalanced <- replicate(400, { s <- UPrandompivotal(pik) > 0.5; colSums(x[s, ] / pik[s]) / total - 1 })
rms <- function(d) sqrt(rowMeans(d^2))
write_csv(data.frame(variable = 0:5, cube = rms(deviations), pivotal = rms(unbalanced)),
          "cube_rms", "belgianmunicipalities, Tot04, n = 50; 400 samples of samplecube(order = 1, method = 2), of UPrandompivotal")
write_csv(data.frame(size = belgianmunicipalities$Tot04, men = x[, 2], diffmen = x[, 3], income = x[, 4], tax = x[, 5],
                     average = x[, 6]), "cube_frame", "belgianmunicipalities: Tot04, Men04, Diffmen, TaxableIncome, Totaltaxation, averageincome")

# 5. The published number for conditional Poisson sampling: as UPmaxentropypi2 gives it, and with parameters that converged.
pik <- c(.07, .17, .41, .61, .83, .91)
tilde <- UPMEpiktildefrompik(pik, eps = 1e-15)
print(c(UPmaxentropypi2(pik)[1, 2], UPMEpik2frompikw(pik, tilde / (1 - tilde))[1, 2]))
