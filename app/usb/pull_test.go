package usb_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"marque/app/usb"
)

// ext4Shutdown is EXT4_IOC_SHUTDOWN, and withoutLog its EXT4_GOING_FLAGS_NOLOGFLUSH: from then on the file system sends nothing to its drive,
// not even its journal, and every call fails, as when the power is cut. It is what the kernel's own tests of crashes use.
const ext4Shutdown, withoutLog = 0x8004587d, 2

// socket is where a stick is inserted, pulled and inserted again.
type socket struct {
	t            *testing.T
	image, outer string // an ext4 file system that stands for the stick's flash and its cache, and where it is mounted
	at           string // where the stick is mounted
	cache        bool   // pull takes the stick's own cache as well, otherwise only the computer's
	drive        usb.Drive
}

func newSocket(t *testing.T, cache bool) *socket {
	s := &socket{t: t, image: filepath.Join(t.TempDir(), "outer"), outer: folder(t), at: folder(t), cache: cache}
	format(t, s.image, "ext4", 64<<20)
	device := attach(t, s.image)
	must(t, unix.Mount(device.Name(), s.outer, "ext4", 0, ""))
	must(t, device.Close())
	must(t, os.WriteFile(s.flash(), make([]byte, 24<<20), 0o644)) // all of it is there: later writes take no room
	format(t, s.flash(), "ext4", 24<<20)
	eject(t, s.outer)
	s.insert()
	return s
}

func (s *socket) flash() string {
	return filepath.Join(s.outer, "flash")
}

func (s *socket) insert() {
	s.t.Helper()
	insert(s.t, s.image, "ext4", s.outer, 0)
	s.drive = insert(s.t, s.flash(), "ext4", s.at, 0)
}

// pull may be called at any moment, by any goroutine.
func (s *socket) pull() error {
	path := s.at
	if s.cache {
		path = s.outer
	}
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.IoctlSetPointerInt(fd, ext4Shutdown, withoutLog)
}

func (s *socket) insertAgain() {
	s.t.Helper()
	eject(s.t, s.at)
	eject(s.t, s.outer)
	s.insert()
}

// The stick is pulled 200 times while it is being written to, and afterwards each file must be old or new, whole, and new if Write said
// so; Examine must tell which. Two kinds of pulling are simulated, each half of the times:
//
// The computer loses what it had not sent to the stick: its file system is shut down without flushing. What it had sent is kept.
//
// The stick also loses what it had been sent but was not told to keep: the stick's flash is a file on a second file system, and that one is
// shut down. Since a flush of the stick is an fsync of that file, exactly what was flushed is kept, and of the rest what happened
// to be written already; the computer's file system sees every request fail.
//
// What is not simulated: flash that breaks octets which nobody was writing, and FAT, which has no journal.
func TestPulled(t *testing.T) {
	if !mounts {
		calledOff200Times(t)
		return
	}
	tally := make(map[string]int)
	for _, cache := range []bool{false, true} {
		s := newSocket(t, cache)
		source := rand.New(rand.NewPCG(1, 2))
		var old []usb.File
		for i := range 100 {
			old = s.once(source, uint64(i), old, tally)
		}
		_, err := usb.Write(t.Context(), s.drive, out, old, nil)
		must(t, err)
		holds(t, s.drive, out, old...)
		eject(t, s.at)
		eject(t, s.outer)
	}
	t.Log(tally)
	for _, outcome := range []string{"pulled", "finished before", "old", "new", "missing", "mixed"} {
		if tally[outcome] == 0 {
			t.Errorf("it never came to %q: this tests too little", outcome)
		}
	}
}

// version makes the files of a try: a few, of which one needs several steps, or more than share a flush of their folder.
func version(source *rand.Rand, seed uint64) []usb.File {
	files, size := make([]usb.File, 5), 100_000
	if seed%5 == 0 {
		files, size = make([]usb.File, 70), 1000
	}
	for i := range files {
		size := 1 + source.IntN(size)
		if i == 2 && len(files) == 5 {
			size += 1 << 20
		}
		files[i] = usb.File{Name: fmt.Sprintf("%d.mrq", i), Content: random(seed*100+uint64(i), size)}
	}
	return files
}

// once writes, pulls at some step, or a little after it, and returns what the stick then holds.
func (s *socket) once(source *rand.Rand, seed uint64, old []usb.File, tally map[string]int) []usb.File {
	t := s.t
	t.Helper()
	files := version(source, seed)
	step, spin := 1+source.IntN(2*len(files)+3), source.IntN(2)*source.IntN(400_000)
	if len(files) > 64 && source.IntN(2) == 0 {
		step, spin = 2*64+1, 0 // the first of the second group, when the first group has just been finished
	}
	var steps int
	var pulled atomic.Bool
	var pulling chan error
	done, err := usb.Write(t.Context(), s.drive, out, files, func(usb.Progress) {
		if steps++; steps != step {
			return
		}
		pulling = make(chan error, 1)
		pull := func() {
			for range spin {
				pulled.Load()
			}
			pulled.Store(true)
			pulling <- s.pull()
		}
		if spin == 0 {
			pull()
		} else {
			go pull()
		}
	})
	if pulling == nil {
		pulling = make(chan error, 1)
		pulling <- s.pull()
	}
	must(t, <-pulling)
	switch {
	case err == nil && len(done) == len(files):
		tally["finished before"]++
	case pulled.Load() && errors.Is(err, usb.ErrGone):
		tally["pulled"]++
	default:
		t.Errorf("pulled at step %d: %d files, %v", step, len(done), err)
	}
	s.insertAgain()
	states, err := usb.Examine(s.drive, out, files)
	must(t, err)
	return judge(t, s.drive, old, files, len(done), states, tally)
}

// judge compares the stick with what was there and what was to be there, and returns what is there.
func judge(t *testing.T, d usb.Drive, old, files []usb.File, done int, states []usb.State, tally map[string]int) []usb.File {
	t.Helper()
	is := slices.DeleteFunc(slices.Clone(old), func(o usb.File) bool {
		return slices.ContainsFunc(files, func(f usb.File) bool { return f.Name == o.Name })
	})
	for i, f := range files {
		before := slices.IndexFunc(old, func(o usb.File) bool { return o.Name == f.Name })
		content, err := os.ReadFile(filepath.Join(d.Mount, out, f.Name))
		switch {
		case err == nil && bytes.Equal(content, f.Content) && states[i] == usb.StateWritten:
			tally["new"]++
			is = append(is, f)
			continue
		case i < done:
			t.Errorf("%s was said to be on the drive, and is not: %d octets, %v, %v", f.Name, len(content), err, states[i])
		case err == nil && before >= 0 && bytes.Equal(content, old[before].Content) && states[i] == usb.StateOther:
			tally["old"]++
			is = append(is, old[before])
		case errors.Is(err, os.ErrNotExist) && before < 0 && states[i] == usb.StateMissing:
			tally["missing"]++
		default:
			t.Errorf("%s is neither old nor new: %d octets, %v, %v", f.Name, len(content), err, states[i])
		}
	}
	if slices.Contains(states, usb.StateWritten) && slices.ContainsFunc(states, func(s usb.State) bool { return s != usb.StateWritten }) {
		tally["mixed"]++
	}
	return is
}

// calledOff200Times is what can be tried without a real drive: a write ends at any step, and the same must hold.
func calledOff200Times(t *testing.T) {
	t.Log("without the right to mount, no drive is pulled: writes are called off instead")
	d := usb.Drive{Mount: folder(t)}
	source, tally := rand.New(rand.NewPCG(1, 2)), make(map[string]int)
	var old []usb.File
	for i := range uint64(200) {
		files := version(source, i)
		ctx, cancel := context.WithCancel(t.Context())
		steps, step := 0, 1+source.IntN(2*len(files)+3)
		done, err := usb.Write(ctx, d, out, files, func(usb.Progress) {
			if steps++; steps == step {
				cancel()
			}
		})
		cancel()
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		states, err := usb.Examine(d, out, files)
		must(t, err)
		old = judge(t, d, old, files, len(done), states, tally)
	}
	if got := names(t, filepath.Join(d.Mount, out)); slices.ContainsFunc(got, func(n string) bool { return strings.HasPrefix(n, ".") }) {
		t.Errorf("unfinished files are left: %q", got)
	}
}
