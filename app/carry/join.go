package carry

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"marque/app/qr"
	"marque/app/terminal"
	"marque/device/wire"
)

// The errors of putting codes together.
var (
	// ErrCode: a code is none of ours.
	ErrCode = errors.New("the code was passed over")
	// ErrUnfinished: what came is not all.
	ErrUnfinished = errors.New("there are not enough codes yet; read more of them, in any order")
)

// News is what became of one code.
type News struct {
	Text     string      // of the code
	Progress qr.Progress // of its series; without parts when the code is no part, or one of a series that was whole before
	Payload  *Payload    // that is whole now; nil otherwise
	Err      error       // why it was passed over: [ErrCode], [qr.ErrPart], [qr.ErrSeries], [ErrDisguised]
}

// Join puts payloads together from codes in any order, over restarts if it has a state file: that one holds the parts that have come,
// one in a line, and nothing else. It is not safe for concurrent use.
type Join struct {
	joiner qr.Joiner
	last   qr.Progress
	kept   map[string]bool // the parts in the file
	whole  map[string]bool // the series that are, of which further parts say nothing new
	state  *os.File        // nil without one
}

// NewJoin begins, or goes on where the state file ends; without a name there is none. Lines that are no parts are passed over.
func NewJoin(state string) (*Join, error) {
	j := &Join{kept: make(map[string]bool), whole: make(map[string]bool)}
	if state == "" {
		return j, nil
	}
	old, err := terminal.Read(nil, state, MaxState)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the state: %w", err)
	}
	for line := range strings.Lines(string(old)) {
		line = strings.TrimSpace(line)
		if _, progress, err := j.joiner.Add(line); err == nil {
			j.last, j.kept[line] = progress, true
		}
	}
	if j.state, err = os.OpenFile(state, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600); err != nil {
		return nil, fmt.Errorf("open the state: %w", err)
	}
	return j, nil
}

// Close closes the state file, which stays while something is unfinished.
func (j *Join) Close() error {
	if j.state == nil {
		return nil
	}
	err := j.state.Close()
	if len(j.kept) == 0 {
		err = errors.Join(err, os.Remove(j.state.Name()))
	}
	j.state = nil
	return err
}

// Progress returns that of the series of the last part, without parts when it is whole.
func (j *Join) Progress() qr.Progress { return j.last }

// Add takes the text of one code. The error is that of the state file; what is wrong with the code stands in the news.
func (j *Join) Add(text string) (News, error) {
	text = strings.TrimSpace(text)
	if upper := strings.ToUpper(text); strings.HasPrefix(upper, "MQ1") {
		text = upper // as it was before Caps Lock
	}
	n := News{Text: text}
	if !qr.IsPart(text) {
		n.Payload, n.Err = single(text)
		return n, nil
	}
	series := text[:min(len(text), partSeries)]
	if j.whole[series] {
		return n, nil
	}
	joined, progress, err := j.joiner.Add(text)
	n.Progress, n.Err = progress, err
	if err == nil && joined != nil {
		var p Payload
		if p, n.Err = recogniseJoined(joined); n.Err == nil {
			n.Payload = &p
			j.whole[series] = true
		}
	}
	switch {
	case n.Err != nil || n.Payload != nil:
		if !errors.Is(n.Err, qr.ErrPart) {
			j.last = qr.Progress{}
			return n, j.forget(series)
		}
		return n, nil
	default:
		j.last = progress
		return n, j.keep(text)
	}
}

// single takes a code that stands alone.
func single(text string) (*Payload, error) {
	if _, ok := texts[wire.Sniff([]byte(text))]; !ok {
		return nil, fmt.Errorf("it seems to be %s: %w", qr.Describe(text), ErrCode)
	}
	p, err := Recognise([]byte(text))
	if err != nil {
		return nil, err
	}
	return &p, nil
}

// keep writes a part into the state file. A line that was cut off before is ended first.
func (j *Join) keep(text string) error {
	if j.state == nil || j.kept[text] {
		return nil
	}
	j.kept[text] = true
	return j.write("\n" + text + "\n")
}

// forget takes a series out of the state file: it is whole, or spoilt.
func (j *Join) forget(series string) error {
	var rest strings.Builder
	for part := range j.kept {
		if strings.HasPrefix(part, series) {
			delete(j.kept, part)
		} else {
			rest.WriteString(part + "\n")
		}
	}
	if j.state == nil {
		return nil
	}
	if err := j.state.Truncate(0); err != nil {
		return fmt.Errorf("write the state: %w", err)
	}
	return j.write(rest.String())
}

func (j *Join) write(text string) error {
	_, err := j.state.WriteString(text)
	if err = errors.Join(err, j.state.Sync()); err != nil {
		return fmt.Errorf("write the state: %w", err)
	}
	return nil
}

// Pictures takes the codes of a source of pictures until it ends, tells what became of each, and stops when told to.
func (j *Join) Pictures(ctx context.Context, source qr.FrameSource, told func(News) (more bool)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stopped, problem := false, error(nil)
	err := qr.Scan(ctx, source, func(text string) {
		if stopped {
			return
		}
		var n News
		n, problem = j.Add(text)
		if problem != nil || !told(n) {
			stopped = true
			cancel()
		}
	})
	if stopped {
		return problem
	}
	return err
}

// Texts is where the texts of codes come from, one after the other: a hand scanner. It ends with io.EOF.
type Texts interface {
	Next(ctx context.Context) (string, error)
}

// Texts is [Join.Pictures] for texts. Passed is asked about an error of the source: whether the next text may be read.
func (j *Join) Texts(ctx context.Context, source Texts, passed func(error) bool, told func(News) (more bool)) error {
	for {
		text, err := source.Next(ctx)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil && passed(err):
			continue
		case err != nil:
			return err
		}
		n, err := j.Add(text)
		if err != nil || !told(n) {
			return err
		}
	}
}

// Lines are the lines of a reader as texts, without empty ones. It is read in the background, and ahead by one line.
func Lines(r io.Reader) Texts {
	l := lines{make(chan string), make(chan error, 1)}
	go func() {
		s := bufio.NewScanner(r)
		s.Buffer(nil, maxLine)
		for s.Scan() {
			if text := strings.TrimSpace(s.Text()); text != "" {
				l.text <- text
			}
		}
		l.end <- s.Err()
	}()
	return l
}

type lines struct {
	text chan string
	end  chan error
}

func (l lines) Next(ctx context.Context) (string, error) {
	select {
	case text := <-l.text:
		return text, nil
	case err := <-l.end:
		if err != nil {
			return "", fmt.Errorf("read the codes: %w", err)
		}
		return "", io.EOF
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// Row draws which parts of a series have arrived, in rows of at most 64, full for those that have.
func Row(p qr.Progress) string {
	var b strings.Builder
	for i, have := range p.Have {
		if i > 0 && i%maxRow == 0 {
			b.WriteByte('\n')
		}
		if have {
			b.WriteRune('■')
		} else {
			b.WriteRune('□')
		}
	}
	return fmt.Sprintf("%s\n%s: %d of the %d codes that are needed", b.String(), p.Type, min(p.Arrived(), p.Needed), p.Needed)
}
