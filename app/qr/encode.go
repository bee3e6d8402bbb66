package qr

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"

	qrcode "github.com/skip2/go-qrcode"
)

// ModulePixels is the width of a module of the pictures that [Encode] and [EncodePNG] return, in pixels. Cameras need 4 or more.
const ModulePixels = 8

// ErrText says that a text cannot become a code: it is empty, longer than [MaxText], or did not read back as itself.
var ErrText = errors.New("qr: this text cannot be shown as a QR code; pass it on as a file instead")

// Encode returns the code of text in black and white: error correction level M (15 %), a quiet zone of four modules,
// [ModulePixels] pixels to the module. Text that consists of 0-9 A-Z $%*+-./: and spaces makes the smallest codes. The picture was
// read back. Errors: [ErrText].
func Encode(text string) (*image.Paletted, error) {
	return EncodeScaled(text, ModulePixels)
}

// EncodeScaled is [Encode] with 1 … [MaxModulePixels] pixels to the module.
func EncodeScaled(text string, pixels int) (*image.Paletted, error) {
	return encode(text, pixels, qrcode.Medium)
}

// EncodeScreen is [EncodeScaled] at error correction level L (7 %): on a screen nothing is scratched or smudged, and the modules are
// larger where a code has fewer of them.
func EncodeScreen(text string, pixels int) (*image.Paletted, error) {
	return encode(text, pixels, qrcode.Low)
}

func encode(text string, pixels int, level qrcode.RecoveryLevel) (*image.Paletted, error) {
	_, img, err := verify(text, pixels, level)
	return img, err
}

// verify makes a code, paints it and reads it back.
func verify(text string, pixels int, level qrcode.RecoveryLevel) ([][]bool, *image.Paletted, error) {
	modules, err := modules(text, level)
	if err != nil {
		return nil, nil, err
	}
	img, err := paint(modules, pixels)
	if err != nil {
		return nil, nil, err
	}
	back, err := Decode(img)
	if err := check(text, back, err); err != nil {
		return nil, nil, err
	}
	return modules, img, nil
}

// EncodePNG is [Encode] to the octets of a PNG file with one bit to the pixel; it is the file that was read back.
func EncodePNG(text string) ([]byte, error) {
	modules, err := modules(text, qrcode.Medium)
	if err != nil {
		return nil, err
	}
	img, err := paint(modules, ModulePixels)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		return nil, fmt.Errorf("qr: writing a PNG: %w", err)
	}
	back, err := DecodeData(out.Bytes())
	if err := check(text, back, err); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// Modules returns the code of text as rows of modules, true for black, with a quiet zone of four modules: to be drawn as vectors. A
// picture of it was read back. Errors: [ErrText].
func Modules(text string) ([][]bool, error) {
	modules, _, err := verify(text, ModulePixels, qrcode.Medium)
	return modules, err
}

// check compares what was read back with what was meant.
func check(text, back string, err error) error {
	switch {
	case err != nil:
		return fmt.Errorf("%w: its code could not be read back: %w", ErrText, err)
	case back != text:
		return fmt.Errorf("%w: its code reads as something else", ErrText)
	}
	return nil
}

// modules returns the code of text with its quiet zone. Low, Medium, High, Highest are the levels L, M, Q, H.
func modules(text string, level qrcode.RecoveryLevel) ([][]bool, error) {
	switch {
	case text == "":
		return nil, fmt.Errorf("%w: it is empty", ErrText)
	case len(text) > MaxText:
		return nil, fmt.Errorf("%w: it has %d octets, at most %d fit", ErrText, len(text), MaxText)
	}
	code, err := qrcode.New(text, level)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrText, err)
	}
	return code.Bitmap(), nil
}

// paint draws the code with whole pixels: the library's own scaling rounds, and a module more or less wide confuses readers.
func paint(modules [][]bool, pixels int) (*image.Paletted, error) {
	if pixels < 1 || pixels > MaxModulePixels {
		return nil, fmt.Errorf("%w: %d pixels to the module, 1 to %d are possible", ErrText, pixels, MaxModulePixels)
	}
	side := len(modules) * pixels
	img := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White, color.Black})
	for y := range side {
		row := img.Pix[y*img.Stride : (y+1)*img.Stride]
		if y%pixels != 0 {
			copy(row, img.Pix[(y-1)*img.Stride:])
			continue
		}
		for x, black := range modules[y/pixels] {
			for i := x * pixels; black && i < (x+1)*pixels; i++ {
				row[i] = 1
			}
		}
	}
	return img, nil
}
