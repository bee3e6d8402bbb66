package localapi

// Child returns the process that the client started, or 0.
func (c *Client) Child() int {
	if c.kid == nil {
		return 0
	}
	return c.kid.cmd.Process.Pid
}

// DepotKey returns the key that a depot of that name is revoked by.
var DepotKey = keyOf
