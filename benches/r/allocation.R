# Reference figures of src/allocation/tests.rs: Neyman allocation of 120 municipalities to the 8 regions of MU284, with
# bounds, by bisection on the multiplier. R 4.2.2, sampling 2.9 (data MU284).
suppressMessages(library(sampling))
data(MU284)
N <- as.vector(table(MU284$REG))
S <- as.vector(tapply(MU284$RMT85, MU284$REG, sd))
n <- 120
size <- function(l) pmin(N, pmax(2, l * N * S))
l <- uniroot(function(l) sum(size(l)) - n, c(0, 10), tol = 1e-300, maxiter = 10000)$root
x <- size(l)
units <- floor(x)
first <- order(-(x - units))[seq_len(n - sum(units))]
units[first] <- units[first] + 1
cat(N, "\n"); cat(format(S, digits = 16), "\n"); cat(format(x, digits = 16), "\n"); cat(units, sum(x), "\n")
