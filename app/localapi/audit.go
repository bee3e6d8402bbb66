package localapi

// auditRoutes are the calls about the log.
var auditRoutes = []route{}
