# Usage: train.R TRAIN TEST SEED METRICS
# Averages least-squares discriminants of bootstrap samples and reports the accuracy on the test rows.
arguments <- commandArgs(trailingOnly = TRUE)
train <- read.csv(arguments[1])
test <- read.csv(arguments[2])
set.seed(as.integer(arguments[3]))

bags <- 3
features <- setdiff(names(train), c("id", "malignant"))
points <- cbind(1, as.matrix(train[features]))
test_points <- cbind(1, as.matrix(test[features]))

scores <- rep(0, nrow(test))
for (bag in seq_len(bags)) {
  drawn <- sample(nrow(train), replace = TRUE)
  weights <- lm.fit(points[drawn, ], train$malignant[drawn])$coefficients
  weights[is.na(weights)] <- 0
  scores <- scores + drop(test_points %*% weights) / bags
}

accuracy <- mean((scores > 0.5) == (test$malignant == 1))
cat(sprintf("{\"accuracy\": %.17g, \"mean\": %.17g}\n", accuracy, mean(scores)), file = arguments[4])
