package localapi

// listRoutes are the calls about the history of lists.
var listRoutes = []route{}
