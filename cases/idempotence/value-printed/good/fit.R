# Usage: fit.R TUMOURS OUT
# Fits the concavity by the radius, through a scratch file that keeps only complete rows.
paths <- commandArgs(trailingOnly = TRUE)

scratch <- tempfile()
write.csv(na.omit(read.csv(paths[1])), scratch, row.names = FALSE)
tumours <- read.csv(scratch)
invisible(file.remove(scratch))

fit <- lm.fit(cbind(intercept = 1, radius = tumours$radius), tumours$concavity)
table <- data.frame(term = names(fit$coefficients), value = sprintf("%.17g", fit$coefficients))
write.csv(table, paths[2], row.names = FALSE, quote = FALSE)
