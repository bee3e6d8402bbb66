package qr

import (
	"image"
	"math"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode/decoder"
)

// maxVersion is the largest version that is looked for: what MaxText needs in any level.
const maxVersion = 24

// locate looks for a code in three steps: its three finder patterns, the size and perspective with which the patterns that every
// code has fit best, the modules. The library's own reader takes the first size that it computes, and one alignment pattern.
// The work is bounded: [lights] × [maxTriples] × five sizes.
func locate(gray *image.Gray) (string, bool) {
	if gray == nil {
		return "", false
	}
	for _, l := range lights() {
		for _, t := range triples(l.binarize(gray).finders()) {
			if text, ok := t.decode(gray, t.module); ok {
				return text, true
			}
		}
	}
	return "", false
}

// decode reads the code whose finder patterns are known, with modules of about so many pixels: it tries the size that follows, then
// those beside it.
func (q corners) decode(gray *image.Gray, module float64) (string, bool) {
	across := (q.topLeft.distance(q.topRight) + q.topLeft.distance(q.bottomLeft)) / 2
	guess := int(math.Round((across/module + 7 - 17) / 4))
	for _, beside := range []int{0, 1, -1, 2, -2} {
		version := guess + beside
		if version < 1 || version > maxVersion {
			continue
		}
		g := grid{gray: gray, dim: 17 + 4*version, known: knownModules(version), corners: q}
		if !g.fit(across / float64(g.dim-7)) {
			continue
		}
		if text, ok := decodeModules(g.read()); ok {
			return text, true
		}
	}
	return "", false
}

// decodeModules undoes the mask and corrects errors. The library panics at some modules of a size that the code does not have.
func decodeModules(rows [][]bool) (text string, ok bool) {
	defer func() {
		if recover() != nil {
			text, ok = "", false
		}
	}()
	if rows == nil {
		return "", false
	}
	bits, err := gozxing.NewBitMatrix(len(rows), len(rows))
	if err != nil {
		return "", false
	}
	for y, row := range rows {
		for x, black := range row {
			if black {
				bits.Set(x, y)
			}
		}
	}
	result, err := decoder.NewDecoder().Decode(bits, nil)
	if err != nil || result.GetText() == "" {
		return "", false
	}
	return result.GetText(), true
}
