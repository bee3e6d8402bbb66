package localapi

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// download is a call whose reply is a stream. What came of it follows in a trailer: without one, the stream was cut off.
type download[Out any] struct {
	name string
	who  access
	run  func(s *Server, c *caller, w io.Writer) (*Out, error)
}

// upload is a call whose request is a stream, and which anybody may make while there is no authority, and nobody afterwards.
type upload[Out any] struct {
	name string
	run  func(s *Server, c *caller, r io.Reader) (*Out, error)
}

func (d download[Out]) path() string { return apiPrefix + d.name }
func (u upload[Out]) path() string   { return apiPrefix + u.name }

// result is how a download ended: one of both.
type result[Out any] struct {
	Done   *Out     `json:",omitempty"`
	Failed *problem `json:",omitempty"`
}

func (d download[Out]) do(c *Client, w io.Writer) (*Out, error) {
	r, err := c.send(c.ctx, d.path(), jsonType, http.NoBody)
	if err != nil {
		return nil, err
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusOK || r.Header.Get("Content-Type") != streamType {
		if _, err := readReply[none](r); err != nil {
			return nil, err
		}
		return nil, ErrReply
	}
	if _, err := io.Copy(w, r.Body); err != nil {
		return nil, fmt.Errorf("%s: %w", d.name, c.broken(err))
	}
	var end result[Out]
	text := r.Trailer.Get(resultTrailer)
	switch {
	case text == "":
		return nil, fmt.Errorf("%s: cut off: %w", d.name, ErrGone)
	case decode([]byte(text), &end) != nil || (end.Done == nil) == (end.Failed == nil):
		return nil, ErrReply
	case end.Failed != nil:
		return nil, end.Failed.err()
	}
	return end.Done, nil
}

func (d download[Out]) serve(s *Server, w http.ResponseWriter, r *http.Request) {
	c, err := s.admit(w, r, d.who, properties{})
	if err != nil {
		s.fail(w, err)
		return
	}
	stream := watch(w, nil)
	defer stream.end()
	w.Header().Set("Content-Type", streamType)
	w.Header().Set("Trailer", resultTrailer)
	var end result[Out]
	err = s.safely(d.name, func() (err error) {
		end.Done, err = d.run(s, c, stream)
		return err
	})
	if err != nil {
		end = result[Out]{Failed: newProblem(err)}
	}
	b, err := json.Marshal(end)
	if err != nil {
		return // without the trailer the stream counts as cut off
	}
	w.Header().Set(resultTrailer, string(b))
}

func (u upload[Out]) do(c *Client, r io.Reader) (*Out, error) {
	response, err := c.send(c.ctx, u.path(), streamType, struct{ io.Reader }{r}) // which net/http does not close
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return readReply[Out](response)
}

func (u upload[Out]) serve(s *Server, w http.ResponseWriter, r *http.Request) {
	c, err := s.admit(w, r, anyone, properties{founding: true})
	if err != nil {
		s.fail(w, err)
		return
	}
	stream := watch(w, http.MaxBytesReader(w, r.Body, maxArchive))
	defer stream.end()
	var out *Out
	err = s.safely(u.name, func() (err error) {
		out, err = u.run(s, c, stream)
		return err
	})
	if err != nil {
		s.fail(w, err)
		return
	}
	s.reply(w, http.StatusOK, out)
}

// stream is the body of a request or reply that may be long, but must not stall.
type stream struct {
	w     http.ResponseWriter
	r     io.Reader
	timer *time.Timer
}

// watch lifts the deadlines of a whole request and reply, and sets one for the next octets.
func watch(w http.ResponseWriter, r io.Reader) *stream {
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Time{}) // at worst the stream ends at the old deadline, and both sides hear of it
	_ = control.SetWriteDeadline(time.Time{})
	past := time.Unix(1, 0)
	return &stream{w: w, r: r, timer: time.AfterFunc(stallWait, func() {
		_ = control.SetReadDeadline(past)
		_ = control.SetWriteDeadline(past)
	})}
}

func (s *stream) end() { s.timer.Stop() }

func (s *stream) Read(b []byte) (int, error) {
	s.timer.Reset(stallWait)
	return s.r.Read(b)
}

func (s *stream) Write(b []byte) (int, error) {
	s.timer.Reset(stallWait)
	return s.w.Write(b)
}

// Backup writes an encrypted copy of the database while the service runs. What was written before an error is no backup.
func (c *Client) Backup(w io.Writer) (*BackupInfo, error) { return backUp.do(c, w) }

// Restore makes the absent authority from a backup, which in opens: locked, and read-only until [Client.Reopen]. The secrets stay with
// the caller, who clears them.
func (c *Client) Restore(archive io.Reader, in Restoration) error {
	imported, err := c.Import(archive)
	if err != nil {
		return err
	}
	_, err = restore.do(c, &restoration{Restoration: in, Backup: imported})
	return err
}

// Import hands the service a backup for a founding that recovers, and returns the name for Founding.Backup.
func (c *Client) Import(archive io.Reader) (string, error) {
	out, err := importer.do(c, archive)
	if err != nil {
		return "", err
	}
	return out.Name, nil
}
