# Usage: train.R PATIENTS MODEL
# Fits the progression by least squares on standardised features and writes one line per term.
paths <- commandArgs(trailingOnly = TRUE)

patients <- read.csv(paths[1])
features <- setdiff(names(patients), c("id", "fold", "progression"))
training <- patients$fold == "train"

scaled <- scale(patients[training, features])
fit <- lm.fit(cbind(intercept = 1, scaled), patients$progression[training])

model <- data.frame(
  term = c("intercept", features),
  centre = c(0, attr(scaled, "scaled:center")),
  scale = c(1, attr(scaled, "scaled:scale")),
  coefficient = fit$coefficients
)
for (column in names(model)[-1]) model[[column]] <- sprintf("%.17g", model[[column]])
write.csv(model, paths[2], row.names = FALSE, quote = FALSE)
