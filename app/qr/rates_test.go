package qr_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"marque/app/qr"
)

// How well codes are read. The tests take as many codes as a few seconds allow; BenchmarkRates takes all and reports the rates:
//
//	go test -run '^$' -bench Rates -benchtime 1x ./app/qr
//
// which takes some minutes.

// texts returns texts of each kind that codes have, n of each.
func texts(t testing.TB, r *rand.Rand, n int) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for range n {
		out["request"] = append(out["request"], requestText(r, 20+r.IntN(201)))
		out["share card"] = append(out["share card"], "MQ1S"+requestText(r, 101)[4:])
		payload := make([]byte, 1+r.IntN(5000))
		for i := range payload {
			payload[i] = byte(r.Uint32())
		}
		s, err := qr.Split('L', payload, qr.DensityFor(len(payload)))
		if err != nil {
			t.Fatal(err)
		}
		out["part"] = append(out["part"], s.Text(r.IntN(s.Total())))
	}
	return out
}

// unread returns how many of n codes of each kind this package and zbarimg do not read: printed codes, parts as on a screen.
func unread(t testing.TB, n int) (ours, zbars int) {
	t.Helper()
	dir := t.TempDir()
	for kind, list := range texts(t, rand.New(rand.NewPCG(21, 22)), n) {
		var files, want []string
		for i, text := range list {
			write := qr.EncodeScaled
			if kind == "part" {
				write = qr.EncodeScreen
			}
			img, err := write(text, 4)
			if err != nil { // it was not read back
				t.Logf("%s %d: %v", kind, i, err)
				ours++
				continue
			}
			file := filepath.Join(dir, fmt.Sprintf("%s-%03d.png", kind, i))
			if err := os.WriteFile(file, pngOf(t, img), 0o600); err != nil {
				t.Fatal(err)
			}
			files, want = append(files, file), append(want, text)
		}
		got := zbar(t, files...)
		if len(got) != len(want) {
			t.Errorf("%s: zbarimg read %d of %d codes", kind, len(got), len(want))
			zbars += len(want) - len(got)
			continue
		}
		for i := range want {
			if got[i] != want[i] {
				t.Logf("%s %d: zbarimg reads something else", kind, i)
				zbars++
			}
		}
	}
	return ours, zbars
}

// missed returns how many clean codes of versions 1 to 14 with 2 to 8 pixels to the module are not read, of how many.
func missed(t testing.TB, each int) (misses, all int) {
	t.Helper()
	r := rand.New(rand.NewPCG(23, 24))
	characters := []int{20, 38, 61, 90, 122, 154, 178, 221, 262, 311, 366, 419, 483, 512} // what versions 1 to 14 hold at level M
	for _, most := range characters {
		for pixels := 2; pixels <= 8; pixels++ {
			for i := range each {
				text := requestText(r, most*5/8)[:most]
				write := qr.EncodeScaled
				if (i+pixels)%2 == 1 {
					write = qr.EncodeScreen
				}
				all++
				if _, err := write(text, pixels); err != nil {
					t.Logf("%d characters, %d pixels: %v", most, pixels, err)
					misses++
				}
			}
		}
	}
	return misses, all
}

// unseen returns how many codes of 20 to 297 octets a made camera does not read within three frames, and of all frames how many.
func unseen(t testing.TB, codes int) (lost, frames, unreadFrames int) {
	t.Helper()
	r := rand.New(rand.NewPCG(25, 26))
	for i := range codes {
		s, err := qr.Split('R', octets(20+i*278/codes), qr.Density{Octets: qr.MaxPart})
		if err != nil {
			t.Fatal(err)
		}
		code, err := qr.EncodeScreen(s.Text(0), 1)
		if i%2 == 1 {
			code, err = qr.EncodeScaled(s.Text(0), 1)
		}
		if err != nil {
			t.Fatal(err)
		}
		c := newCamera(r, code.Rect.Dx())
		seen := false
		for try := 0; try < 3 && !seen; try++ {
			got, err := qr.Decode(c.frame(t, code))
			frames++
			if err != nil {
				unreadFrames++
			} else if got != s.Text(0) {
				t.Errorf("code %d reads as something else", i)
			}
			seen = err == nil
			c.move()
		}
		if !seen {
			t.Logf("not seen: %+v", *c)
			lost++
		}
	}
	return lost, frames, unreadFrames
}

func TestTwoReadersReadEveryKind(t *testing.T) {
	if ours, zbars := unread(t, 25); ours != 0 || zbars != 0 {
		t.Errorf("unread: %d by this package, %d by zbarimg", ours, zbars)
	}
}

func TestCleanCodesOfAllSizes(t *testing.T) {
	if misses, all := missed(t, 1); misses != 0 {
		t.Errorf("%d of %d codes are not read", misses, all)
	}
}

func TestCameraSeesACodeWithinThreeFrames(t *testing.T) {
	if lost, frames, unread := unseen(t, 10); lost > 0 {
		t.Errorf("%d of 10 codes are not seen within three frames; %d of %d frames are not read", lost, unread, frames)
	}
}

// BenchmarkRates holds the rates to what is promised, on many codes.
func BenchmarkRates(b *testing.B) {
	for b.Loop() {
		ours, zbars := unread(b, 500)
		b.ReportMetric(float64(ours), "unread")
		b.ReportMetric(float64(zbars), "unread-by-zbarimg")
		misses, all := missed(b, 20)
		b.ReportMetric(100-100*float64(misses)/float64(all), "%clean")
		const codes = 300
		lost, frames, dark := unseen(b, codes)
		b.ReportMetric(100-100*float64(lost)/codes, "%camera")
		b.ReportMetric(100-100*float64(dark)/float64(frames), "%frames")
		if ours+zbars > 0 || float64(misses) > 0.001*float64(all) || float64(lost) > 0.05*codes {
			b.Errorf("%d and %d unread, %d of %d clean codes missed, %d of %d not seen", ours, zbars, misses, all, lost, codes)
		}
	}
}

// BenchmarkFrame is the time for one frame of a camera, with a code and without.
func BenchmarkFrame(b *testing.B) {
	r := rand.New(rand.NewPCG(27, 28))
	code, err := qr.EncodeScreen(requestText(r, 250), 1)
	if err != nil {
		b.Fatal(err)
	}
	c := newCamera(r, code.Rect.Dx())
	for name, img := range map[string]*struct{ code bool }{"code": {true}, "nothing": {false}} {
		frame := c.frame(b, nil)
		if img.code {
			frame = c.frame(b, code)
		}
		b.Run(name, func(b *testing.B) {
			r := qr.NewReader()
			for b.Loop() {
				if _, ok := r.Read(frame); ok != img.code {
					b.Fatal("read: ", ok)
				}
			}
		})
	}
}
