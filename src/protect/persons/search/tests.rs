mod brute;
mod known;
mod naive;
