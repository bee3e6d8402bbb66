package remote

import (
	"time"

	"marque/app/flow"
	"marque/app/localapi"
)

// Overview implements flow.Overviewer.
func (s *Service) Overview(since time.Time) (outlook *flow.Outlook, err error) {
	err = s.with(func(c *localapi.Client) error {
		o, err := c.Overview(since)
		if err == nil {
			outlook = outlookOf(o)
		}
		return err
	})
	return outlook, err
}

func outlookOf(in *localapi.Overview) *flow.Outlook {
	out := &flow.Outlook{Overview: in.Overview, Disk: flow.Disk(in.Disk)}
	for _, w := range in.Proposals {
		out.Waiting = append(out.Waiting, flow.Waiting{
			Action: w.Action, Count: w.Count, Requester: w.Requester, Time: w.Time, Missing: w.Missing, Yours: w.Yours,
		})
	}
	return out
}
