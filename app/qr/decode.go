package qr

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"os"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// Errors of reading pictures.
var (
	// ErrNoCode says that a picture shows no readable QR code.
	ErrNoCode = errors.New("qr: no readable QR code in this picture; take it again from nearer, sharp, with the whole code and its white border")
	// ErrTooLarge says that a picture is above [MaxFile] or [MaxPixels].
	ErrTooLarge = errors.New("qr: this picture is too large; cut out the code or save the picture smaller (at most 16 MiB and 25 megapixels)")
	// ErrNotAnImage says that a file is no PNG and no JPEG, or is damaged.
	ErrNotAnImage = errors.New("qr: this is not a complete PNG or JPEG picture; copy the file again or save the picture as PNG")
)

// DecodeFile returns the text of the QR code that the picture in a regular file shows. Errors: those of [DecodeData] and of the file.
func DecodeFile(path string) (string, error) {
	data, err := readFile(path)
	if err != nil {
		return "", err
	}
	return DecodeData(data)
}

// readFile returns the octets of a regular file: MaxFile and one more at the most.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path) // before it is opened: opening a pipe would wait for ever
	if err != nil {
		return nil, fmt.Errorf("qr: reading a picture: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: it is no regular file", ErrNotAnImage)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("qr: reading a picture: %w", err)
	}
	defer f.Close() // nothing was written
	data, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if err != nil {
		return nil, fmt.Errorf("qr: reading a picture: %w", err)
	}
	return data, nil
}

// DecodeData returns the text of the QR code that a PNG or JPEG picture shows. Errors: those of [DecodePicture], [ErrNoCode].
func DecodeData(data []byte) (string, error) {
	img, err := DecodePicture(data)
	if err != nil {
		return "", err
	}
	return Decode(img)
}

// format is how one kind of picture is decoded. The formats that package image knows are whatever a program registered; these are
// the two that are meant.
type format struct {
	magic  string
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}

func sniff(data []byte) (format, error) {
	for _, f := range []format{
		{"\x89PNG\r\n\x1a\n", png.DecodeConfig, png.Decode},
		{"\xff\xd8\xff", jpeg.DecodeConfig, jpeg.Decode},
	} {
		if bytes.HasPrefix(data, []byte(f.magic)) {
			return f, nil
		}
	}
	return format{}, fmt.Errorf("%w: it begins like neither", ErrNotAnImage)
}

func checkPixels(width, height int) error {
	if width < 1 || height < 1 {
		return fmt.Errorf("%w: it has no pixels", ErrNotAnImage)
	}
	if width > MaxPixels/height {
		return fmt.Errorf("%w: it has %d × %d pixels", ErrTooLarge, width, height)
	}
	return nil
}

// attempt is one way to look for a code with the library's reader. Each of them misses some codes that others read, clean ones included.
type attempt struct {
	name      string
	num, den  int // the picture is scaled by num/den first
	binarizer func(gozxing.LuminanceSource) gozxing.Binarizer
	pure      bool // the picture is nothing but an upright code
}

func attempts() []attempt {
	local, global := gozxing.NewHybridBinarizer, gozxing.NewGlobalHistgramBinarizer
	return []attempt{
		{"local threshold", 1, 1, local, false},
		{"global threshold", 1, 1, global, false},
		{"three quarters", 3, 4, local, false},
		{"one and a half", 3, 2, local, false},
		{"pure code", 1, 1, local, true},
		{"half", 1, 2, local, false}, // noise and blur of large photographs average out
		{"a quarter", 1, 4, local, false},
	}
}

// Decode returns the text of one QR code in img, trying several ways one after the other. Which one, if it shows several, is not
// said. It keeps nothing of img. Errors: [ErrTooLarge], [ErrNotAnImage] without pixels, [ErrNoCode].
func Decode(img image.Image) (string, error) {
	if err := checkPixels(img.Bounds().Dx(), img.Bounds().Dy()); err != nil {
		return "", err
	}
	gray := luminance(img)
	if text, ok := look(gray); ok {
		return text, nil
	}
	for _, a := range attempts() {
		if text, ok := a.read(gray); ok {
			return text, nil
		}
	}
	return "", ErrNoCode
}

// look is the first and quickest way, [locate], which reads most codes. Large photographs are made smaller first.
func look(gray *image.Gray) (string, bool) {
	const enough = 2_000_000 // pixels: more only take longer, unless the code is a small part of the picture
	num, den := 1, 1
	for gray.Rect.Dx()/den*gray.Rect.Dy()/den > enough {
		den++
	}
	if den > 1 {
		if text, ok := locate(scale(gray, num, den)); ok {
			return text, true
		}
	}
	return locate(gray)
}

// read makes one attempt. The reader's library indexes without looking in places and has no bound on its work, so a panic of it
// means no more than that this attempt found nothing, and one is provoked when the candidates become too many.
func (a attempt) read(gray *image.Gray) (text string, ok bool) {
	defer func() {
		if recover() != nil {
			text, ok = "", false
		}
	}()
	gray = scale(gray, a.num, a.den)
	if gray == nil {
		return "", false
	}
	width, height := gray.Rect.Dx(), gray.Rect.Dy()
	source, err := gozxing.NewPlanarYUVLuminanceSource(gray.Pix, width, height, 0, 0, width, height, false)
	if err != nil {
		return "", false
	}
	bitmap, err := gozxing.NewBinaryBitmap(a.binarizer(source))
	if err != nil {
		return "", false
	}
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, a.hints())
	if err != nil || result.GetText() == "" {
		return "", false
	}
	return result.GetText(), true
}

func (a attempt) hints() map[gozxing.DecodeHintType]any {
	candidates := 0
	hints := map[gozxing.DecodeHintType]any{
		gozxing.DecodeHintType_TRY_HARDER: true,
		gozxing.DecodeHintType_NEED_RESULT_POINT_CALLBACK: gozxing.ResultPointCallback(func(gozxing.ResultPoint) {
			if candidates++; candidates > maxCandidates {
				panic(ErrNoCode)
			}
		}),
	}
	if a.pure {
		hints[gozxing.DecodeHintType_PURE_BARCODE] = true
	}
	return hints
}
