package jsonata

import "math"

// pow is x to the power of y. math.Pow may be several units of the last place off, which the reference's engine is not: whole and
// half exponents, which nearly all are, are computed with twice the digits.
func pow(x, y float64) float64 {
	rough := math.Pow(x, y)
	whole, fraction := math.Modf(math.Abs(y))
	if f := math.Abs(rough); f-f != 0 || f < 1e-290 || f > 1e290 || whole > 1<<20 || fraction != 0 && fraction != 0.5 {
		return rough
	}
	result := double{1, 0}
	for base, n := (double{x, 0}), uint(whole); n > 0; n >>= 1 {
		if n&1 == 1 {
			result = result.times(base)
		}
		base = base.times(base)
	}
	if fraction != 0 {
		result = result.times(root(x))
	}
	if y < 0 {
		result = result.inverse()
	}
	if precise := result.high + result.low; precise-precise == 0 {
		return precise
	}
	return rough
}

// double is the sum of two floats, the second much smaller than the first.
type double struct{ high, low float64 }

func (a double) times(b double) double {
	high := a.high * b.high
	low := math.FMA(a.high, b.high, -high) + (a.high*b.low + a.low*b.high)
	return double{high + low, low - (high + low - high)}
}

func (a double) inverse() double {
	high := 1 / a.high
	return double{high, -(math.FMA(high, a.high, -1) + high*a.low) * high}
}

func root(x float64) double {
	high := math.Sqrt(x)
	if high == 0 {
		return double{}
	}
	return double{high, -math.FMA(high, high, -x) / (2 * high)}
}
