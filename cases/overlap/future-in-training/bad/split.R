# Usage: split.R SUNSPOTS TRAIN TEST
# Puts the activity of the three years before into each row and holds out a fifth of the years.
paths <- commandArgs(trailingOnly = TRUE)

sunspots <- read.csv(paths[1])
years <- nrow(sunspots)
now <- 4:years
table <- data.frame(
  year = sunspots$year[now],
  before1 = sunspots$activity[now - 1],
  before2 = sunspots$activity[now - 2],
  before3 = sunspots$activity[now - 3],
  activity = sunspots$activity[now]
)

held_out <- seq_len(nrow(table)) %% 5 == 0
write.csv(table[!held_out, ], paths[2], row.names = FALSE)
write.csv(table[held_out, ], paths[3], row.names = FALSE)
