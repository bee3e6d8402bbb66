package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"marque/app/flow"
	"marque/app/localapi"
	"marque/authority"
)

// Log implements flow.LogReader.
func (s *Service) Log(q authority.LogQuery) (page *authority.LogPage, err error) {
	err = s.with(func(c *localapi.Client) error {
		page, err = c.Log(q)
		return err
	})
	return page, err
}

// ProveEntry implements flow.LogReader. It does not take the service's word.
func (s *Service) ProveEntry(index uint64) (proof *authority.LogProof, err error) {
	err = s.with(func(c *localapi.Client) error {
		if proof, err = c.ProveEntry(index); err != nil {
			return err
		}
		core := c.Core()
		if core == nil || proof.Index != index {
			return localapi.ErrReply
		}
		return proof.Check(core)
	})
	return proof, err
}

// NewestCheckpoint implements flow.LogReader.
func (s *Service) NewestCheckpoint() (head *authority.Head, err error) {
	err = s.with(func(c *localapi.Client) error {
		head, err = c.NewestCheckpoint()
		return err
	})
	return head, err
}

// VerifyLog implements flow.LogVerifier.
func (s *Service) VerifyLog(ctx context.Context, progress func(done, total uint64)) (report *authority.AuditReport, err error) {
	err = s.with(func(c *localapi.Client) error {
		report, err = c.VerifyLog(ctx, progress)
		return err
	})
	return report, err
}

// ExportLog implements flow.LogVerifier.
func (s *Service) ExportLog(path string, progress func(octets int64)) error {
	return s.with(func(c *localapi.Client) error {
		return writeNew(path, func(w io.Writer) error {
			_, err := c.ExportLog(&counted{w: w, progress: progress})
			return err
		})
	})
}

// counted tells how much was written.
type counted struct {
	w        io.Writer
	n        int64
	progress func(int64)
}

// Write implements io.Writer.
func (c *counted) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	c.progress(c.n)
	if err != nil {
		err = fmt.Errorf("%w: %w", flow.ErrWrite, err)
	}
	return n, err
}

// writeNew writes a new file, whole or not at all, in a folder that it makes.
func writeNew(path string, write func(io.Writer) error) error {
	if _, err := os.Lstat(path); err == nil {
		return flow.ErrFileExists
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("%w: %w", flow.ErrWrite, err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".part-*")
	if err != nil {
		return fmt.Errorf("%w: %w", flow.ErrWrite, err)
	}
	if err := errors.Join(write(f), f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return errors.Join(fmt.Errorf("%w: %w", flow.ErrWrite, err), os.Remove(f.Name()))
	}
	return nil
}
