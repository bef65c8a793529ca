package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"assay/artefact"
	"assay/collect"
	"assay/collect/config/read/cases"
)

func FuzzConfig(f *testing.F) {
	for i, c := range All {
		files, _ := filepath.Glob(filepath.Join("testdata", c.Accepts[0].Language, "*.txtar"))
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(i, string(txtar.Parse(data).Files[0].Data))
		}
	}
	f.Fuzz(func(t *testing.T, i int, data string) {
		c := All[(i%len(All)+len(All))%len(All)]
		in := collect.Input{Family: artefact.Config, Language: c.Accepts[0].Language, Data: data}
		first := cases.Show(cases.Extract(t, c, in))
		if again := cases.Show(cases.Extract(t, c, in)); again != first {
			t.Errorf("%s: twice the same is not the same:\n%s\n%s", c.Name, first, again)
		}
	})
}

// A secret is in no fact and no gap, in whatever format it stands.
func TestSecrets(t *testing.T) {
	for language, data := range map[string]string{
		"properties": "db.password=hunter2\nurl=jdbc:x://u:hunter2@h/x\nother=${DB_PASSWORD:hunter2}\n",
		"yaml":       "db: {password: hunter2}\nenv: [{name: TOKEN, value: hunter2}]\nkind: Secret\nx: \"hunter2\nb: [\"hunter2\n",
		"json":       `{"password": "hunter2", "list": [{"key": "secret", "value": "hunter2"}], "x" "hunter2"}`,
		"toml":       "password = 'hunter2'\n[a]\nb = 'hunter2\n",
		"ini":        "[a]\npassword = hunter2\nnot a setting hunter2\n",
		"env":        "PASSWORD=hunter2\nbad hunter2\nX=\"hunter2\n",
		"xml":        `<a><add key="password" value="hunter2"/><b password="hunter2">&hunter;</b><c hunter2</a>`,
	} {
		i := 0
		for i < len(All) && All[i].Accepts[0].Language != language {
			i++
		}
		x := cases.Show(cases.Extract(t, All[i], collect.Input{Family: artefact.Config, Language: language, Data: data}))
		if strings.Contains(x, "hunter2") || x == "" {
			t.Errorf("%s: %s", language, x)
		}
	}
}

// What is too large, too deep or too much is an error and no more.
func TestBounds(t *testing.T) {
	many := map[string]string{"properties": "a=b\n", "yaml": "- a\n", "ini": "a=b\n", "env": "A=b\n"}
	for _, c := range All {
		language := c.Accepts[0].Language
		inputs := map[string]string{"huge": strings.Repeat("#", maxFile+1)}
		switch language {
		case "yaml", "json":
			inputs["deep"] = strings.Repeat("[", 50_000)
		case "toml":
			inputs["deep"] = "a = " + strings.Repeat("[", 50_000)
		case "xml":
			inputs["deep"] = strings.Repeat("<a>", 50_000)
		}
		if line, ok := many[language]; ok {
			inputs["many"] = strings.Repeat(line, maxSettings+5)
		}
		for name, data := range inputs {
			x := cases.Extract(t, c, collect.Input{Family: artefact.Config, Language: language, Data: data})
			if len(x.Gaps) == 0 || len(x.Rows) > maxSettings {
				t.Errorf("%s: %s: %d facts, %d gaps", c.Name, name, len(x.Rows), len(x.Gaps))
			}
		}
	}
}
