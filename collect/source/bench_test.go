//go:build cgo

package source

import (
	"fmt"
	"strings"
	"testing"

	"assay/artefact"
	"assay/collect"
)

func BenchmarkJava(b *testing.B) {
	var s strings.Builder
	s.WriteString("package shop.orders;\n\nimport java.util.List;\nimport org.springframework.web.bind.annotation.*;\n\n@RestController\npublic class Orders {\n")
	for i := range 500 {
		fmt.Fprintf(&s, "\n    @GetMapping(\"/orders/%d\")\n    public List<Order> list%d(@RequestParam(\"page\") int page, String user) {\n", i, i)
		s.WriteString("        if (page < 0 || user == null) {\n            throw new IllegalArgumentException(\"page \" + page);\n        }\n")
		s.WriteString("        return repository.find(user, page).stream().map(o -> convert(o)).toList();\n    }\n")
	}
	s.WriteString("}\n")
	run(b, Java, s.String())
}

func BenchmarkTypeScript(b *testing.B) {
	var s strings.Builder
	s.WriteString("import { Controller, Get } from \"@nestjs/common\";\nimport type { Order } from \"./order\";\n\n@Controller(\"orders\")\nexport class Orders {\n")
	for i := range 500 {
		fmt.Fprintf(&s, "\n  @Get(\"/orders/%d\")\n  async list%d(@Query(\"page\") page: number, user?: string): Promise<Order[]> {\n", i, i)
		s.WriteString("    if (page < 0 || !user) {\n      throw new Error(`page ${page}`);\n    }\n")
		s.WriteString("    const found = await this.repository.find({ user, page });\n    return found.map(o => this.convert(o)).filter(Boolean);\n  }\n")
	}
	s.WriteString("}\n")
	run(b, TypeScript, s.String())
}

func BenchmarkKotlin(b *testing.B) {
	run(b, Kotlin, "package shop\n\nimport org.acme.Client\n"+strings.Repeat("\n@Get(\"/orders\")\nfun list(page: Int): List<Order> {\n    require(page >= 0) { \"page ${page}\" }\n    return repository.find(page).map { convert(it) }\n}\n", 1000))
}

func run(b *testing.B, c *collect.Collector, text string) {
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if x := collect.Run(b.Context(), c, collect.Input{Family: artefact.Source, Language: c.Accepts[0].Language, Data: text}); len(x.Gaps) > 0 {
			b.Fatal(x.Gaps[0].Text)
		}
	}
}
