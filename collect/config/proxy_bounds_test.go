package config

import (
	"fmt"
	"strings"
	"testing"

	"assay/artefact"
	"assay/collect"
)

// What proxies multiply (paths by servers by uses of a backend) is cut off with a gap.
func TestProxyBounds(t *testing.T) {
	paths := strings.Repeat("/a ", 190)
	for name, data := range map[string]string{
		"haproxy": "frontend a\n mode http\n" + strings.Repeat(" acl p path_beg "+paths+"\n", 100) + strings.Repeat(" use_backend b if p\n", 1000) + "backend b\n" + strings.Repeat(" server x y:80\n", 1000),
		"nginx":   "http {" + strings.Repeat("server { listen 80; location / { proxy_pass http://x; } }\n", maxRoutes+5) + "}",
	} {
		x := collect.Run(t.Context(), Conf, collect.Input{Family: artefact.Config, Language: "conf", Data: data})
		if len(x.Gaps) == 0 || len(x.Rows) > maxSettings {
			t.Errorf("%s: %d rows, %d gaps", name, len(x.Rows), len(x.Gaps))
		}
		for _, g := range x.Gaps {
			if g.Kind == "panicked" || fmt.Sprint(g.Text) == "" {
				t.Errorf("%s: %v", name, g)
			}
		}
	}
}
