package diag

import "github.com/xrash/smetrics"

// Nearest is the candidate that somebody who wrote name most likely meant, "" where none is near.
func Nearest(name string, candidates []string) string {
	best, score := "", 0.84
	for _, c := range candidates {
		if s := smetrics.JaroWinkler(name, c, 0.7, 4); s > score {
			best, score = c, s
		}
	}
	return best
}
