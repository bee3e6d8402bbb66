package localapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"marque/authority"
)

// The calls about the log.
var (
	readLog    = call[authority.LogQuery, authority.LogPage]{"log", signedOn, (*Server).readLog, properties{}}
	proveEntry = call[number, authority.LogProof]{"log-proof", signedOn, (*Server).proveEntry, properties{}}
	head       = call[none, authority.Head]{"checkpoint", signedOn, (*Server).head, properties{quiet: true}}
	verifyLog  = download[none]{"verify-log", signedOn, (*Server).verifyLog}
	exportLog  = download[LogInfo]{"export-log", signedOn, (*Server).exportLog}
)

// auditRoutes are the calls about the log.
var auditRoutes = []route{readLog, proveEntry, head, verifyLog, exportLog}

// LogInfo is what an export of the log holds.
type LogInfo struct {
	Size int64 // octets
	Hash [32]byte
	Head authority.Head
}

// verified is a line of the stream of a verification: how far it is, or, in the last one, what came of it.
type verified struct {
	Done   uint64
	Total  uint64
	Report *authority.AuditReport `json:",omitempty"`
	More   int                    `json:",omitempty"` // findings that were left out
}

// Log is [authority.Authority.Log].
func (c *Client) Log(q authority.LogQuery) (*authority.LogPage, error) { return readLog.do(c, &q) }

// ProveEntry is [authority.Authority.ProveEntry].
func (c *Client) ProveEntry(index uint64) (*authority.LogProof, error) {
	return proveEntry.do(c, &number{Number: index})
}

// NewestCheckpoint is [authority.Authority.NewestCheckpoint].
func (c *Client) NewestCheckpoint() (*authority.Head, error) { return head.do(c, &none{}) }

// VerifyLog has the service verify its log, and returns what it found, of findings the first [MaxFindings]. progress is told how many
// entries of how many were verified. When ctx ends, so does the verification. Errors: [ErrVerifying], that of ctx.
func (c *Client) VerifyLog(ctx context.Context, progress func(done, total uint64)) (*authority.AuditReport, error) {
	lines := &verification{ctx: ctx, progress: progress}
	if _, err := verifyLog.do(c, lines); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, err
	}
	if lines.report == nil {
		return nil, ErrReply
	}
	return lines.report, nil
}

// verification reads the lines of a stream.
type verification struct {
	ctx      context.Context
	progress func(done, total uint64)
	rest     []byte // of a line that is not whole
	report   *authority.AuditReport
}

// Write implements io.Writer.
func (v *verification) Write(b []byte) (int, error) {
	if err := v.ctx.Err(); err != nil {
		return 0, err
	}
	v.rest = append(v.rest, b...)
	for {
		line, rest, whole := bytes.Cut(v.rest, []byte{'\n'})
		if !whole {
			break
		}
		var said verified
		if err := json.Unmarshal(line, &said); err != nil {
			return 0, ErrReply
		}
		v.rest = rest
		if v.report = said.Report; v.report == nil {
			v.progress(said.Done, said.Total)
		}
	}
	if len(v.rest) > maxReply {
		return 0, ErrReply
	}
	return len(b), nil
}

// ExportLog writes what marque audit verify takes: a database with the public parts alone, the log, its checkpoints, lists, policies and
// decisions. What was written before an error is no export.
func (c *Client) ExportLog(w io.Writer) (*LogInfo, error) { return exportLog.do(c, w) }

func (s *Server) readLog(_ *caller, in *authority.LogQuery) (*authority.LogPage, error) {
	return s.authority().Authority().Log(*in)
}

func (s *Server) proveEntry(_ *caller, in *number) (*authority.LogProof, error) {
	return s.authority().Authority().ProveEntry(in.Number)
}

func (s *Server) head(*caller, *none) (*authority.Head, error) {
	return s.authority().Authority().NewestCheckpoint()
}

func (s *Server) verifyLog(c *caller, w io.Writer) (*none, error) {
	if !s.verifying.TryLock() {
		return nil, ErrVerifying
	}
	defer s.verifying.Unlock()
	ctx, cancel := context.WithCancel(c.ctx)
	defer cancel()
	lines := json.NewEncoder(w)
	say := func(v *verified) error { return errors.Join(lines.Encode(v), flush(w)) }
	report, err := s.authority().Authority().Verify(ctx, func(done, total uint64) {
		if say(&verified{Done: done, Total: total}) != nil {
			cancel() // nobody listens
		}
	})
	if err != nil {
		return nil, err
	}
	last := &verified{Report: report}
	if n := len(report.Findings); n > MaxFindings {
		last.More, report.Findings = n-MaxFindings, report.Findings[:MaxFindings]
	}
	return &none{}, say(last)
}

// flush sends what was written, if it goes over a connection.
func flush(w io.Writer) error {
	s, ok := w.(*stream)
	if !ok {
		return nil
	}
	return http.NewResponseController(s.w).Flush()
}

func (s *Server) exportLog(_ *caller, w io.Writer) (*LogInfo, error) {
	info, err := s.authority().ExportLog(w)
	if err != nil {
		return nil, err
	}
	out := LogInfo(*info)
	return &out, nil
}
