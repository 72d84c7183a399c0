# Forecasts evaluation cases with the methods of R's forecast package, for `starling-lab forecast compare --with-r`.
#
#   Rscript tools/forecast_peers.R CASES.csv OUT.csv METHODS HISTORY_MAX SECONDS CORES
#
# CASES: id,dataset,workload,step_s,season,history,future (`;` between points, empty = missing).
# OUT:   method,case,failed,seconds,quantiles: one line a method and case, cases counted from 0; 12 quantiles a step,
#        the steps joined by `|`.
# Quantiles are those of the Gaussian that a method's 80 % and mean describe, as its own intervals are made; they are
# clamped at 0. A missing point takes the last known value: ets and others take no gaps. A method that fails or runs
# over SECONDS on a case leaves it empty. ets and auto.arima see the last HISTORY_MAX points only, and auto.arima
# no season longer than 24: they take minutes otherwise.
if (!suppressMessages(requireNamespace("forecast", quietly = TRUE))) {
  message("R has no package 'forecast': install r-cran-forecast, or install.packages(\"forecast\") in R")
  quit(status = 3)
}
suppressPackageStartupMessages(library(forecast))

levels <- c(0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)

points_of <- function(text) as.numeric(strsplit(paste0(text, ";"), ";", fixed = TRUE)[[1]])

# The last value known carried forwards; the first one backwards.
filled <- function(x) {
  known <- which(!is.na(x))
  x[seq_along(x) < known[1]] <- x[known[1]]
  x[known[findInterval(seq_along(x), known)]]
}

methods <- list(
  naive = function(y, h) naive(y, h = h, level = 80),
  snaive = function(y, h) snaive(y, h = h, level = 80),
  ses = function(y, h) ses(y, h = h, level = 80),
  thetaf = function(y, h) thetaf(y, h = h, level = 80),
  ets = function(y, h) forecast(ets(y), h = h, level = 80),
  auto.arima = function(y, h) forecast(auto.arima(y, seasonal = frequency(y) <= 24), h = h, level = 80),
  stlf = function(y, h) if (frequency(y) > 1) stlf(y, h = h, level = 80) else forecast(ets(y), h = h, level = 80)
)

capped <- c("ets", "auto.arima")

# frequency is the season where the history holds two of them: below that the seasonal methods refuse.
series_of <- function(case, history_max) {
  history <- filled(points_of(case$history))
  season <- if (is.na(case$season)) 0 else case$season
  history <- tail(history, history_max)
  ts(history, frequency = if (season > 1 && length(history) >= 2 * season) season else 1)
}

quantiles_of <- function(made, h) {
  middle <- as.numeric(made$mean)[seq_len(h)]
  deviation <- (as.numeric(made$upper[, 1])[seq_len(h)] - middle) / qnorm(0.9)
  if (any(!is.finite(middle)) || any(!is.finite(deviation))) stop("not finite")
  pmax(outer(qnorm(levels), deviation) + rep(middle, each = length(levels)), 0)
}

# One line of OUT, without the method.
forecast_case <- function(index, case, method, history_max, seconds) {
  began <- proc.time()[["elapsed"]]
  h <- length(points_of(case$future))
  steps <- tryCatch({
    setTimeLimit(elapsed = seconds, transient = TRUE)
    quantiles_of(suppressWarnings(method(series_of(case, history_max), h)), h)
  }, error = function(e) NULL, finally = setTimeLimit(elapsed = Inf))
  took <- proc.time()[["elapsed"]] - began
  text <- if (is.null(steps)) "" else paste(apply(steps, 2, function(q) paste(format(q, digits = 8, trim = TRUE), collapse = ";")), collapse = "|")
  paste(index - 1, is.null(steps) + 0, format(took, digits = 6), text, sep = ",")
}

main <- function(arguments) {
  cases <- read.csv(arguments[1], colClasses = c(id = "character", history = "character", future = "character",
                                                 dataset = "character", workload = "character"))
  chosen <- strsplit(arguments[3], ",", fixed = TRUE)[[1]]
  history_max <- as.integer(arguments[4])
  seconds <- as.numeric(arguments[5])
  cores <- as.integer(arguments[6])
  out <- file(arguments[2], "w")
  writeLines("method,case,failed,seconds,quantiles", out)
  for (name in chosen) {
    seen <- if (name %in% capped) history_max else .Machine$integer.max
    lines <- parallel::mclapply(seq_len(nrow(cases)), function(i) {
      forecast_case(i, cases[i, ], methods[[name]], seen, seconds)
    }, mc.cores = cores)
    writeLines(paste(name, unlist(lines), sep = ","), out)
    message(sprintf("r:%s: %d cases", name, nrow(cases)))
  }
  close(out)
}

main(commandArgs(trailingOnly = TRUE))
