package screen_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"image/color"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/tyler-smith/go-bip39/wordlists"
)

// update writes the outlines anew instead of comparing them: go test ./app/screen -run Screens -args -update
var update = flag.Bool("update", false, "write the outlines of the screens anew")

// outline is what a window shows: what a person can read, and a hash of everything that is drawn.
type outline struct {
	lines []string // texts and icons with their places, in the order of drawing
	all   []string // the same with sizes and colours, and all areas and lines
}

// outlineOf walks what is visible in a window.
func outlineOf(w fyne.Window) *outline {
	o := &outline{}
	visitWindow(w, o.add)
	return o
}

func (o *outline) add(object fyne.CanvasObject, at fyne.Position) {
	switch x := object.(type) {
	case *canvas.Text:
		if s := steady(x.Text); s != "" {
			o.lines = append(o.lines, fmt.Sprintf("%4.0f,%-4.0f %s", at.X, at.Y, s))
			size := x.Size()
			if s != x.Text {
				size = fyne.Size{}
			}
			o.draw(at, size, fmt.Sprintf("text %q %.0f %v", s, x.TextSize, x.TextStyle), x.Color)
		}
	case *canvas.Image:
		o.image(x, at)
	case *canvas.Rectangle:
		o.draw(at, x.Size(), fmt.Sprintf("area %.0f %.0f", x.CornerRadius, x.StrokeWidth), x.FillColor, x.StrokeColor)
	case *canvas.Circle:
		o.draw(at, x.Size(), "circle", x.FillColor, x.StrokeColor)
	case *canvas.Line:
		o.draw(at, x.Size(), "line", x.StrokeColor)
	}
}

// image notes an icon by its name, and of a picture that it is there.
func (o *outline) image(i *canvas.Image, at fyne.Position) {
	name := "picture"
	if i.Resource != nil {
		name = i.Resource.Name()
		shape, _, _ := strings.Cut(name, "-")
		o.lines = append(o.lines, fmt.Sprintf("%4.0f,%-4.0f (%s)", at.X, at.Y, shape))
	}
	o.draw(at, i.Size(), "image "+name)
}

func (o *outline) draw(at fyne.Position, size fyne.Size, what string, colours ...color.Color) {
	line := fmt.Sprintf("%.0f,%.0f %.0fx%.0f %s", at.X, at.Y, size.Width, size.Height, what)
	for _, c := range colours {
		if c != nil {
			r, g, b, a := c.RGBA()
			line += fmt.Sprintf(" %02x%02x%02x%02x", r>>8, g>>8, b>>8, a>>8)
		}
	}
	o.all = append(o.all, line)
}

func (o *outline) hash() string {
	sum := sha256.Sum256([]byte(strings.Join(o.all, "\n")))
	return hex.EncodeToString(sum[:8])
}

var (
	chance = regexp.MustCompile(`\b([0-9a-f]{4} ){2,}[0-9a-f]*|\b[0-9a-f]{8,}\b`)
	random = regexp.MustCompile(`screens-[0-9]{8}`)
)

// folder returns an empty folder. Its path is always as wide, since digits are.
func folder(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("screens-%08d", rand.N(100_000_000)))
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { must(os.RemoveAll(dir)) })
	return dir
}

// steady hides what chance decides: words of digests, digests, and folders.
func steady(s string) string {
	if slices.Contains(wordlists.English, s) {
		return "<word>"
	}
	return random.ReplaceAllString(chance.ReplaceAllString(s, "<digest>"), "<folder>")
}

// section is the outline of one state in one look and size.
type section struct{ name, hash, lines string }

// snapshots are the outlines of a part of the console in one language, in a file of testdata/screens.
type snapshots struct {
	file     string
	sections []section
}

const sectionMark = "== "

func readSnapshots(t *testing.T, file string) *snapshots {
	t.Helper()
	s := &snapshots{file: filepath.Join("testdata", "screens", file)}
	b, err := os.ReadFile(s.file)
	if errors.Is(err, fs.ErrNotExist) {
		return s
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range strings.Split("\n"+string(b), "\n"+sectionMark)[1:] {
		head, lines, _ := strings.Cut(part, "\n")
		name, hash, _ := strings.Cut(head, " ")
		s.sections = append(s.sections, section{name, hash, strings.TrimSuffix(lines, "\n")})
	}
	return s
}

func (s *snapshots) find(name string) *section {
	i := slices.IndexFunc(s.sections, func(x section) bool { return x.name == name })
	if i < 0 {
		return nil
	}
	return &s.sections[i]
}

func (s *snapshots) put(x section) {
	if old := s.find(x.name); old != nil {
		*old = x
		return
	}
	s.sections = append(s.sections, x)
}

func (s *snapshots) write(t *testing.T) {
	t.Helper()
	slices.SortFunc(s.sections, func(a, b section) int { return strings.Compare(a.name, b.name) })
	var b bytes.Buffer
	for _, x := range s.sections {
		fmt.Fprintf(&b, "%s%s %s\n", sectionMark, x.name, x.hash)
		if x.lines != "" {
			b.WriteString(x.lines + "\n")
		}
	}
	if err := os.MkdirAll(filepath.Dir(s.file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.file, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// compare holds a window against its outline. Of a light and wide one all that can be read is kept, of the others only the hash.
func (s *snapshots) compare(t *testing.T, name string, readable bool, w fyne.Window) {
	t.Helper()
	o := outlineOf(w)
	now := section{name: name, hash: o.hash()}
	if readable {
		now.lines = strings.Join(o.lines, "\n")
	}
	if *update {
		s.put(now)
		return
	}
	switch was := s.find(name); {
	case was == nil:
		t.Errorf("%s has no outline: look at it, then write it with -args -update", name)
	case was.lines != now.lines:
		t.Errorf("%s reads otherwise than its outline:\n%s", name, difference(was.lines, now.lines))
	case was.hash != now.hash:
		t.Errorf("%s is drawn otherwise than its outline; look at it, then write it with -args -update", name)
	}
}

// difference lists the lines that only one of two texts has.
func difference(was, now string) string {
	old, fresh := strings.Split(was, "\n"), strings.Split(now, "\n")
	var b strings.Builder
	for _, l := range old {
		if !slices.Contains(fresh, l) {
			b.WriteString("- " + l + "\n")
		}
	}
	for _, l := range fresh {
		if !slices.Contains(old, l) {
			b.WriteString("+ " + l + "\n")
		}
	}
	return b.String()
}

// read are the snapshots of all parts that were asked for.
var read = map[string]*snapshots{}

// snapshotsOf returns the outlines of a part, which are written, if they are, when the test ends.
func snapshotsOf(t *testing.T, part string) *snapshots {
	t.Helper()
	if read[part] == nil {
		read[part] = readSnapshots(t, part+".txt")
	}
	if *update {
		t.Cleanup(func() { read[part].write(t) })
	}
	return read[part]
}
