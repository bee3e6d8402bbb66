package qr

// densities are the steps between which [Density.Thinner] and [Density.Denser] go, in octets of a code.
var densities = []int{40, 80, 120, 160, 200, DefaultPart, MaxPart}

// DensityFor returns with what density a payload of so many octets is best shown: in one code where it fits, in codes of 160 octets
// (version 8) up to 2,000, which every telephone reads at once, above that as dense as a camera still reads. There are twice as many
// parts as needed, fewer where 255 parts are the end.
func DensityFor(octets int) Density {
	d := DefaultDensity()
	switch {
	case octets <= DefaultPart:
		return Density{Octets: DefaultPart}
	case octets <= MaxPart:
		return Density{Octets: MaxPart}
	case octets <= 2000:
		d.Octets = 160
	case octets > maxParts/2*DefaultPart:
		d.Octets = MaxPart
	}
	return d
}

// Thinner returns a density one step lower, for a camera that does not read the codes; the lowest stays.
func (d Density) Thinner() Density {
	for i := len(densities) - 1; i >= 0; i-- {
		if densities[i] < d.Octets {
			d.Octets = densities[i]
			break
		}
	}
	return d
}

// Denser returns a density one step higher; the highest stays.
func (d Density) Denser() Density {
	for _, octets := range densities {
		if octets > d.Octets {
			d.Octets = octets
			break
		}
	}
	return d
}

// PerSecond returns how many codes of this density a camera that sees 15 frames a second reads, one after the other: 8 of small
// ones, 5 of the usual, 4 of the densest.
func (d Density) PerSecond() int {
	switch {
	case d.Octets <= 120:
		return 8
	case d.Octets <= DefaultPart:
		return 5
	}
	return 4
}
