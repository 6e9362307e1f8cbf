# Moderated variances by limma, for tests/core/test_moderation.py. Made with R 4.2.2, limma 3.54.1, statmod 1.5.0
# (Debian: r-bioc-limma, r-cran-statmod):
#   Rscript tests/core/limma_moderation.R > tests/core/limma_moderation.csv
suppressMessages(library(limma))
set.seed(20041127)
sample_variances <- function(count, freedom, prior, outliers = 0) {
  spread <- 1e-3 * prior / rchisq(count, prior)
  spread[seq_len(outliers)] <- 100 * spread[seq_len(outliers)]
  signif(spread * rchisq(count, freedom) / freedom, 6)
}
# limma never goes below its estimate without robustness; a few noisy cases in each set keep that estimate low
sets <- list(
  usual = list(freedom = 4, variances = sample_variances(120, 4, 6, outliers = 4)),
  different = list(freedom = 8, variances = sample_variances(120, 8, 3, outliers = 4)),
  similar = list(freedom = 4, variances = sample_variances(120, 4, 20, outliers = 6)),
  alike = list(freedom = 4, variances = sample_variances(120, 4, 1e6))
)
cat("set,freedom,variance,prior_freedom,prior_variance,posterior_variance\n")
for (name in names(sets)) {
  set <- sets[[name]]
  fit <- squeezeVar(set$variances, set$freedom, robust = TRUE, winsor.tail.p = c(0.05, 0.1))
  numbers <- cbind(set$freedom, set$variances, max(fit$df.prior), fit$var.prior, fit$var.post)
  cat(paste0(name, ",", apply(signif(numbers, 9), 1, paste, collapse = ",")), sep = "\n")
}
