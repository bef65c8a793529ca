package fact

import (
	"strings"
	"testing"
	"time"
)

// Every X7 is a secret, and none may stay; what follows the bar must.
var leaks = []string{
	`curl -u admin:hunterX7 https://h.example/a | https://h.example/a`,
	`curl -uadmin:hunterX7 https://h/a | curl -u… https://h/a`,
	`curl --user 'admin:hunter X7' https://h | https://h`,
	`curl -H "Authorization: Bearer hunterX7" https://h/a | "Authorization: Bearer …" https://h/a`,
	`curl -H "Authorization: Basic aHVuX7==" https://h/a | Basic …" https://h/a`,
	`curl -H 'Authorization: hunterX7' https://h/a | https://h/a`,
	`curl -H Authorization:\ Bearer\ hunterX7 | curl`,
	`curl -H 'X-Api-Key: hunterX7' -H 'PRIVATE-TOKEN: hunterX7' -H "Cookie: a=hunterX7; b=moreX7" h | X-Api-Key`,
	`curl -b sid=hunterX7 https://h | https://h`,
	`mysql -uroot -phunterX7 shop | shop`,
	`mysql -u root -p hunterX7 shop | mysql -u root -p … shop`,
	`mysqldump --password=hunterX7 shop | mysqldump --password=… shop`,
	`mysqldump --password 'hunter X7' shop | mysqldump --password '…' shop`,
	`/usr/bin/mysql -p'hunterX7' shop | shop`,
	`mysql -p"hunter X7" shop | shop`,
	`useradd -m -p hunterX7 bob | useradd -m -p … bob`,
	`useradd -p $6$salt$hunterX7 bob | useradd`,
	`echo 'root:hunterX7' | chpasswd | chpasswd`,
	`echo "root:hunterX7"|chpasswd && ls | ls`,
	`printf '%s:%s' root hunterX7 | chpasswd | chpasswd`,
	"chpasswd <<EOF\nroot:hunterX7\nEOF | EOF",
	`(echo hunterX7; echo hunterX7) | passwd bob | passwd bob`,
	`docker login -u a -p hunterX7 registry.example | docker login -u a -p … registry.example`,
	`echo hunterX7 | docker login -u a --password-stdin registry.example | --password-stdin registry.example`,
	`sshpass -p hunterX7 ssh root@h | sshpass -p … ssh root@h`,
	`sshpass -phunterX7 ssh root@h | ssh root@h`,
	`npm config set //registry.example/:_authToken hunterX7 | npm config set //registry.example/:_authToken …`,
	`npm config set //registry.example/:_authToken=hunterX7 | //registry.example/:_authToken=…`,
	`aws configure set aws_secret_access_key hunterX7 | aws configure set aws_secret_access_key …`,
	`redis-server --requirepass hunterX7 --port 6379 | redis-server --requirepass … --port 6379`,
	`redis-cli -a hunterX7 ping | ping`,
	`tool --key hunterX7 --token hunterX7 --secret hunterX7 run | tool --key … --token … --secret … run`,
	`TOKEN=hunterX7 cmd --flag | TOKEN=… cmd --flag`,
	`export API_KEY=hunterX7; cmd | export API_KEY=…; cmd`,
	`export API_KEY="hunter X7" && cmd | && cmd`,
	`PGPASSWORD=hunterX7 psql -h db | PGPASSWORD=… psql -h db`,
	`PGPASSWORD=hunter;X7,and psql | psql`,
	`sh -c "TOKEN=hunterX7 cmd foo" | cmd foo`,
	`sh -c "mysql -phunterX7 shop && curl -u a:hunterX7 h" | shop`,
	`sh -c 'foo --password "hunter X7" bar' | bar`,
	`sh -c "foo --password \"hunter X7\" bar" | bar`,
	`TOKEN=$(echo hunterX7 | base64) cmd | cmd`,
	`{"password": "hunterX7", "user": "a"} | "user": "a"`,
	`{\"password\": \"hunterX7\"} | password`,
	`'password' => 'hunterX7', | =>`,
	`kubectl create secret generic s --from-literal=password=hunterX7 | --from-literal=password=…`,
	`java -Dspring.datasource.password=hunterX7 -jar a.jar | -jar a.jar`,
	`ALTER USER a IDENTIFIED BY 'hunterX7' | ALTER USER a`,
	`CREATE ROLE a WITH PASSWORD 'hunterX7' | CREATE ROLE a`,
	`sqlplus scott/hunterX7@db | sqlplus scott/`,
	`openssl enc -k hunterX7 -in a | -in a`,
	`openssl rsa -passin pass:hunterX7 -in a | -in a`,
	`keytool -storepass hunterX7 -keypass hunterX7 -alias a | -alias a`,
	`curl -H 'Authorization: Basic '$(echo -n u:hunterX7 | base64) h | base64`,
	`usermod -p $(openssl passwd hunterX7) bob | openssl passwd`,
	`chpasswd <<<"root:hunterX7" | chpasswd`,
	`setx API_KEY X7 | setx API_KEY`,
	`requirepass X7 | requirepass`,
	`mysqladmin -u root password hunterX7 | mysqladmin -u root password`,
	`cmdkey /pass:hunterX7 | cmdkey`,
	`net user bob hunterX7 | net user bob`,
	`twine upload -u a -p hunterX7 d | twine upload -u a -p … d`,
	`http://u:1234/hunterX7@h | http://u:…@h`,
	`curl -d '{"password":"hunterX7"}' -d "{\"token\":\"hunterX7\"}" h | token`,
	`git config --global url."https://u:hunterX7@h/".insteadOf https://h/ | insteadOf https://h/`,
	`sasl.jaas.config=x required username="a" password="hunterX7"; | username="a"`,
	`poetry config http-basic.foo user hunterX7 | user`,
	`vault login hunterX7 | vault login`,

	`amqp://u:hunt/erX7@h:5672/v | amqp://u:…@h:5672/v`,
	`amqp://u:hunt@erX7@h | amqp://u:…@h`,
	`amqp://u:hu@nt/erX7@h | amqp://u:…@h`,
	`redis://:pa/X7@h | redis://h`,
	`redis://X7pa/X7@h | redis://h`,
	`redis://:123/X7@h | redis://h`,
	`https:/u:hunterX7@h/x | https:/u:…@h/x`,
	`https:/hunterX7@h/x | https:/h/x`,
	`git+https://u:hunterX7@h.example/r.git@v1.2 | git+https://u:…@h.example/r.git@v1.2`,
	`https:\/\/u:hunterX7@h | h`,
	`"https://u:hunter X7@h/x" | https://u:…@h/x`,
	`https://u:hunterX7 | https://u:`,
	`eureka=http://a:hunterX7@one:8761/e,http://a:hunterX7@two:8761/e | http://a:…@one:8761/e,http://a:…@two:8761/e`,
	`jdbc:x://u:hunterX7@h/x | jdbc:x://u:…@h/x`,
	`${S}://u:hunterX7@h/x | ${S}://u:…@h/x`,
	`root:hunterX7@tcp(db:3306)/shop | root:…@tcp(db:3306)/shop`,
	`https://0123456789abcdef0123456789abcX7@errors.example/2 | https://errors.example/2`,
	`https://hunterX7:@h/x | https://h/x`,
	`https://hunterabcdX7:x-oauth-basic@h/x | https://h/x`,
	`https://auth:hunterX7@git.example/x | https://auth:…@git.example/x`,
	`https://auth:9999X7@git.example/x | https://auth:…@git.example/x`,
	`https://token:99997777X7@git.example/x | @git.example/x`,
	`https://h/x?pass=1&auth:hunterX7 | https://h/x`,
	`auth:hunterX7 and auth: hunterX7 | auth:`,
	`"auth": "9999X7" | "auth"`,
	`//u:hunterX7@h.example/x | //u:…@h.example/x`,
	`jdbc:oracle:thin:scott/hunterX7@h:1521:x | jdbc:oracle:thin:@h:1521:x`,
	`jdbc:mysql://h/x?user=a&password=hunterX7&ssl=true | jdbc:mysql://h/x?user=a&password=…&ssl=true`,
	`jdbc:sqlserver://h;user=sa;password=hunterX7;encrypt=true | jdbc:sqlserver://h;user=sa;password=…;encrypt=true`,
	`https://h/a?token=hunterX7&x=1 | https://h/a?token=…&x=1`,
	`https://h/a?api_key=hunterX7 | https://h/a`,
	`https://h/a?x=1&sig=hunterX7 | https://h/a?x=1`,
	`https://h/a?access_token=hunterX7 | https://h/a`,
	`https://h/a?X-Amz-Signature=hunterX7&X-Amz-Date=1 | &X-Amz-Date=1`,
	`https://h/a?key=hunterX7 | https://h/a`,
	`https://hooks.slack.com/services/T0/B0/hunterX7 | https://hooks.slack.com/`,
	`https://acme.webhook.office.com/webhookb2/hunterX7@h/IncomingWebhook/X7 | acme.webhook.office.com`,
	`Server=db;AccountKey=hunterX7==;User=a | User=a`,

	`//registry.example/:_authToken=hunterX7 | //registry.example/`,
	`_auth=hunterX7= | _auth`,
	`_password = hunterX7 | _password`,

	`use AKIAIOSFODNN7EXAMPLX7 now | now`,
	`use AIzaSyA12345678901234567890123456789X7 now | now`,
	`use ghp_abcdefghijklmnopqrstuvwxyz012345X7 now | now`,
	`use glpat-abcdefghijklmnopX7 now | now`,
	`use xoxb-123456789012-abcdefX7 now | now`,
	`use sk_live_abcdefghijklX7 now | now`,
	`use sk-proj-abcdefghijklX7 now | now`,
	`use eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.hunterX7 now | now`,
	`use Zm9vYmFyQmF6cXV4MTIzNDU2Nzg5MFh5WgX7 now | now`,
	`use 3f2a9c8d7e6b5a4f3c2d1e0f9a8b7c6dX7 now | now`,
	"a\n-----BEGIN RSA PRIVATE KEY-----\nhunterX7\n-----END RSA PRIVATE KEY-----\nb | b",
	"a -----BEGIN OPENSSH PRIVATE KEY----- hunterX7 | a",
}

func TestMaskedText(t *testing.T) {
	for _, c := range leaks {
		i := strings.LastIndex(c, " | ")
		in, stays := c[:i], c[i+3:]
		got := MaskedText(in)
		if strings.Contains(got, "X7") || !strings.Contains(got, stays) {
			t.Errorf("%s\n\tgot  %s\n\twant %s", in, got, stays)
		}
		if again := MaskedText(got); again != got {
			t.Errorf("%s: masked twice: %s", got, again)
		}
		if v := Masked("run", in); strings.Contains(v.Text, "X7") {
			t.Errorf("%s: as a value: %s", in, v.Text)
		}
	}
}

func TestEvidenceStays(t *testing.T) {
	for _, s := range []string{
		"docker run -p 8080:80 --user 1000:1000 -u root app", "mkdir -p /opt/app && ssh -p 22 root@h", "mysql -u root -p$PASS shop",
		"export TOKEN=$TOKEN; run --password ${PASS} --token $(TOKEN)", `curl -H "Authorization: Bearer $TOKEN" https://h`,
		"redis:alpine@sha256:8096655e437712b07503796fb64d81359256cfcff0ab29d95a7da72863786efb", "docker pull redis:7@sha256:0096655e437712b07503796fb64d81359256cfcff0ab29d95a7da72863786efb",
		"TOKEN=$(cat /run/secrets/token) run", "RUN --mount=type=secret,id=npmrc,target=/srv/.npmrc npm ci", "run --password --other",
		"docker build --secret id=x,src=y .", "serve --tls-key /etc/tls/server.key --cert /etc/tls/server.crt",
		"FROM alpine@sha256:3f2a9c8d7e6b5a4f3c2d1e0f9a8b7c6d3f2a9c8d7e6b5a4f3c2d1e0f9a8b7c6d",
		"docker://registry:5000/x@sha256:3f2a9c8d7e6b5a4f3c2d1e0f9a8b7c6d3f2a9c8d7e6b5a4f3c2d1e0f9a8b7c6d",
		`echo "3f2a9c8d7e6b5a4f3c2d1e0f9a8b7c6d3f2a9c8d  x.tgz" | sha1sum -c`,
		"https://mirror.example/x/-/x-1.tgz#3f2a9c8d7e6b5a4f3c2d1e0f9a8b7c6d3f2a9c8d",
		"https://files.example/packages/ab/cd/3f2a9c8d7e6b5a4f3c2d1e0f9a8b7c6d3f2a9c8d7e6b5a4f3c2d1e0f9a8b7c6d/x-1.whl",
		"git+https://github.com/o/r@3f2a9c8d7e6b5a4f3c2d1e0f9a8b7c6d3f2a9c8d", "uses: actions/checkout@3f2a9c8d7e6b5a4f3c2d1e0f9a8b7c6d3f2a9c8d",
		"git checkout 3f2a9c8d7e6b5a4f3c2d1e0f9a8b7c6d3f2a9c8d", "sha512-Zm9vYmFyQmF6cXV4MTIzNDU2Nzg5MFh5WgZm9vYmFyQmF6cXV4MTIzNDU2Nzg5MFh5Wg==",
		"az login --tenant-id 550e8400-e29b-41d4-a716-446655440000", "https://unpkg.com/vue@3/dist/vue.js", "https://registry.example/@scope/pkg",
		"https://unpkg.com:443/vue@3", "postgres://db:5432/shop", "mongodb://a:27017,b:27017/x", "http://[::1]:8080/x@y", "a@b.example", "npm:react@18.2.0",
		"AbstractSingletonProxyFactoryBeanBuilder2", "my-order-service-v2-database-primary-eu-west-1-a", "com/example/service/internal/orders/OrderControllerV2",
		"--token=true", "TOKEN_TTL=3600", "jwt.alg=RS256", "tsc -p tsconfig.json && next build", "echo hello && npm login", "it's a test, don't worry: it's ok",
		"https://auth:9999/uaa/oauth/token", "http://auth:9999", "curl https://auth:9999/uaa -o x", `"https://session:8443/a"`, "kafka://auth:9092,token:9092", "https://u:…@auth:9999/x",
		"https://${USER}:${PASS}@h/x", "amqp://guest@mq:5672", "postgres://shop:…@db:5432/shop", "root:…@tcp(db:3306)/shop",
		"http://localhost:8080", "http://verdaccio:4873/@scope/x", "http://nexus:8081/r/vue@3", "docker run -v /etc/passwd:/etc/passwd:ro x", "/etc/passwd: is not there", "http://${HOST}:${PORT}/x", "cypress run --env TOKEN=${{ secrets.TOKEN }}", "https://password-reset.example/x",
	} {
		if got := MaskedText(s); got != s {
			t.Errorf("%s\n\tgot %s", s, got)
		}
	}
}

func TestMasked(t *testing.T) {
	for _, c := range [][3]string{
		{"PASSWORD_URL", "https://u:hunter2@h.example/reset?x=y", "https://h.example"},
		{"AWS_KEY", "hunter2", "?masked"}, {"AWS_KEY", "https://h/hunter2", "https://h"}, {"AWS_KEY", "hunter2://hunter 2", "?masked"},
		{"PIN", "471199", "?masked"}, {"PIN", "4711", "?masked"}, {"pin.length", "4", "4"}, {"OTP", "hunter2", "?masked"}, {"COOKIE", "hunter2", "?masked"},
		{"SESSION", "hunter2", "?masked"}, {"SESSION", "3600", "3600"}, {"server.session.timeout", "30m", "30m"}, {"sessionToken", "true", "true"},
		{"//registry.example/:_authToken", "hunter2", "?masked"}, {"_auth", "aHVudGVyMg==", "?masked"}, {"registry._password", "aHVu", "?masked"},
		{"auth.type", "bearer", "bearer"}, {"token.type", "jwt", "jwt"}, {"jwt.signing.algorithm", "RS256", "RS256"}, {"password", "none", "none"},
		{"x", "hunter2", "hunter2"}, {"x", "", ""}, {"DB_PASSWORD", "x…", "?masked"}, {"x", "ghp_abcdefghijklmnopqrstuvwxyz0123456789", "?masked"},
		{"clientId", "550e8400-e29b-41d4-a716-446655440000", "550e8400-e29b-41d4-a716-446655440000"}, {"x", "550e8400-e29b-41d4-a716-446655440000", "?masked"},
		{"commit", "3f2a9c8d7e6b5a4f3c2d1e0f9a8b7c6d3f2a9c8d", "3f2a9c8d7e6b5a4f3c2d1e0f9a8b7c6d3f2a9c8d"}, {"x", "3f2a9c8d7e6b5a4f3c2d1e0f9a8b7c6d3f2a9c8d", "?masked"},
		{"x", "amqp://u:hunter2 y@h/v", "amqp://u:…@h/v"}, {"security.oauth2.client.accessTokenUri", "http://auth:5000/uaa/oauth/token", "http://auth:5000/uaa/oauth/token"},
		{"token.url", "https://h.example/9f8e7d6c5b4a/token", "https://h.example"}, {"auth-url", "https://u:hunter2@h.example/token", "https://h.example"}, {"tokenEndpoint", "https://h.example/token?code=hunter2", "https://h.example"}, {"env[0].value PIN ", "hunter2", "?masked"}, {"api.key", "hunter2", "?masked"},
		{"order.key", "customer", "customer"}, {"k", "hunter/2@h", "hunter/2@h"}, {"keyboard", "qwerty", "qwerty"}, {"spinner", "dots", "dots"},
		{"TLS_KEY", "/etc/tls/server.key", "/etc/tls/server.key"}, {"POSTGRES_PASSWORD_FILE", "/run/secrets/pw", "/run/secrets/pw"},
		{"x", strings.Repeat("a", 20<<10), "?too large"},
	} {
		v := Masked(c[0], c[1])
		got := v.Text
		if v.Op == "" {
			got = "?" + got
		}
		if got != c[2] {
			t.Errorf("%s=%s: got %s, want %s", c[0], c[1], got, c[2])
		}
	}
}

func TestMaskedWords(t *testing.T) {
	for _, c := range [][2]string{
		{"mysql|-p|hunterX7|shop", "mysql|-p|…|shop"}, {"run|--password|hunter X7|--token=hunterX7", "run|--password|…|--token=…"},
		{"curl|-H|Authorization: Bearer hunterX7|h", "curl|-H|Authorization: Bearer …|h"}, {"sh|-c|echo root:X7 | chpasswd", "sh|-c|echo root:… | chpasswd"},
		{"redis-server|--requirepass|hunterX7", "redis-server|--requirepass|…"}, {"docker|run|-p|80:80", "docker|run|-p|80:80"},
	} {
		in := strings.Split(strings.ReplaceAll(c[0], " | ", "\x00"), "|")
		for i := range in {
			in[i] = strings.ReplaceAll(in[i], "\x00", " | ")
		}
		if got := strings.Join(MaskedWords(in), "|"); got != c[1] {
			t.Errorf("%s: got %s, want %s", c[0], got, c[1])
		}
	}
}

// Masking is linear: what is hostile costs no more than its size.
func TestMaskingTakesNoTime(t *testing.T) {
	for _, s := range []string{"a://", `"`, `'a "`, "password=", "-p ", "a:b@", "a=\"", "eyJ", "//", "=", "a;", "://u:", "{{", "${", "\\\n", "-----BEGIN A-----", "x1Y", "mysql -p", "sh -c \"", "echo $("} {
		begin := time.Now()
		MaskedText(strings.Repeat(s, maxMaskable/4/len(s)))
		if d := time.Since(begin); d > 10*time.Second {
			t.Errorf("%q: %v", s, d)
		} else if d > time.Second {
			t.Logf("%q: %v", s, d)
		}
	}
}

func FuzzMasked(f *testing.F) {
	for _, c := range leaks {
		f.Add("key", c)
	}
	f.Fuzz(func(t *testing.T, key, s string) {
		m := MaskedText(s)
		if again := MaskedText(m); again != m {
			t.Errorf("%q: %q: %q", s, m, again)
		}
		MaskedWords(strings.Split(s, "|"))
		if v := Masked(key, s); v.Op == "const" {
			if w := Masked(key, v.Text); w.Op == "const" && w.Text != v.Text {
				t.Errorf("%q: %q: %q", s, v.Text, w.Text)
			}
		}
	})
}

// An image with tag and digest stays itself.
func TestImageStays(t *testing.T) {
	const image = "redis:alpine@sha256:8096655e437712b07503796fb64d81359256cfcff0ab29d95a7da72863786efb"
	if got := Masked("", image); got.Text != image {
		t.Errorf("%q", got.Text)
	}
}
