package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"assay/report"
	"assay/scheme"
)

// leakySystem has a credential in clear in each place where people leave them: each is a word that begins with hunterX7 and says where it stands, or the base64 of one.
const leakySystem = `
-- assay.yaml --
version: 1
endpoints: [{component: shop, url: "https://anna:hunterX7endpoint@shop.acme.com/"}]
-- shop/pom.xml --
<project><modelVersion>4.0.0</modelVersion><groupId>acme</groupId><artifactId>shop</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-web</artifactId><version>3.3.2</version></dependency>
    <dependency><groupId>com.stripe</groupId><artifactId>stripe-java</artifactId><version>26.3.0</version></dependency>
  </dependencies></project>
-- shop/Dockerfile --
FROM eclipse-temurin:21
ENV IMAGE_PASSWORD=hunterX7image
RUN curl -u robot:hunterX7curl https://files.acme.com/agent.jar -o /agent.jar
COPY target/shop.jar /shop.jar
ENTRYPOINT ["java", "-Dapi.password=hunterX7property", "-jar", "/shop.jar"]
-- shop/src/main/resources/application.yml --
spring:
  application: {name: shop}
  datasource:
    url: jdbc:postgresql://shop:hunterX7jdbc@db:5432/shop
    username: shop
    password: hunterX7datasource
  rabbitmq: {host: mq, username: shop, password: hunterX7rabbit}
  security.user: {name: admin, password: hunterX7user}
security.oauth2.client:
  client-secret: hunterX7oauth
  access-token-uri: http://auth:5000/uaa/oauth/token
eureka.client.service-url.defaultZone: http://eureka:hunterX7eureka@registry:8761/eureka/
sentry.dsn: https://hunterX7dsn0123456789abcdef@o1.ingest.sentry.io/2
stripe.api-key: sk_live_hunterX7stripe0123
-- shop/src/main/java/acme/Shop.java --
package acme;

import com.stripe.Stripe;
import java.sql.Connection;
import java.sql.DriverManager;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.client.RestTemplate;

@SpringBootApplication
@RestController
public class Shop {
    private static final String PASSWORD = "hunterX7constant";

    @GetMapping("/")
    public String home() throws Exception {
        Stripe.apiKey = "sk_live_hunterX7javakey012345";
        Connection c = DriverManager.getConnection("jdbc:mysql://db:3306/shop?user=shop&password=hunterX7query", "shop", "hunterX7argument");
        new RestTemplate().getForObject("http://shop:hunterX7basic@stock:8000/stock", String.class);
        return "home";
    }

    public static void main(String[] args) { SpringApplication.run(Shop.class, args); }
}
-- stock/go.mod --
module git.example/acme/stock

go 1.26

require github.com/lib/pq v1.10.9
-- stock/main.go --
package main

import (
	"database/sql"
	"net/http"

	_ "github.com/lib/pq"
)

const apiToken = "hunterX7gotoken"

func main() {
	db, _ := sql.Open("postgres", "postgres://stock:hunterX7go@db:5432/stock")
	other, _ := sql.Open("postgres", "host=db user=stock password=hunterX7gopairs dbname=stock")
	_, _ = db, other
	http.HandleFunc("/stock", func(w http.ResponseWriter, r *http.Request) {
		q, _ := http.NewRequest("GET", "https://api.partner.acme.com/?api_key=hunterX7goquery", nil)
		q.SetBasicAuth("stock", "hunterX7gobasic")
		q.Header.Set("Authorization", "Bearer hunterX7gobearer0123")
		http.DefaultClient.Do(q)
	})
	http.ListenAndServe(":8000", nil)
}
-- stock/Dockerfile --
FROM scratch
COPY stock /stock
ENTRYPOINT ["/stock", "--password", "hunterX7flag"]
-- pay/requirements.txt --
flask==3.0.3
requests==2.32.3
redis==5.0.7
sqlalchemy==2.0.31
stripe==10.5.0
-- pay/main.py --
import redis
import requests
import stripe
from flask import Flask
from sqlalchemy import create_engine

stripe.api_key = "sk_live_hunterX7pykey012345"
SECRET_KEY = "hunterX7pysecret"
engine = create_engine("postgresql+psycopg2://pay:hunterX7py@db:5432/pay")
cache = redis.Redis(host="cache", password="hunterX7pyredis")
app = Flask(__name__)


@app.route("/pay")
def pay():
    requests.get("https://api.partner.acme.com/pay", auth=("pay", "hunterX7pyauth"))
    requests.post("https://hooks.slack.com/services/T0/B0/hunterX7hook", json={})
    return "paid"
-- pay/Dockerfile --
FROM python:3.12
COPY . /app
CMD ["python", "/app/main.py"]
-- web/package.json --
{"name": "web", "private": true, "scripts": {"start": "node server.js"}, "dependencies": {"express": "4.19.2", "mongoose": "8.5.1", "amqplib": "0.10.4", "@sentry/node": "8.20.0"}}
-- web/server.js --
const express = require('express');
const mongoose = require('mongoose');
const amqp = require('amqplib');
const Sentry = require('@sentry/node');

Sentry.init({ dsn: 'https://hunterX7jsdsn0123456789abcdef@o1.ingest.sentry.io/3', sendDefaultPii: true });
mongoose.connect('mongodb://web:hunterX7js@mongo:27017/web');
amqp.connect('amqp://web:hunterX7jsmq@mq:5672');
const config = { jwtSecret: 'hunterX7jwt', password: 'hunterX7jspassword' };
const app = express();
app.get('/', (req, res) => fetch('http://web:hunterX7jsbasic@stock:8000/stock').then(r => res.send(r.status)));
app.listen(3000);
-- web/Dockerfile --
FROM node:22
COPY . /web
CMD ["node", "/web/server.js"]
-- Bills/Bills.csproj --
<Project Sdk="Microsoft.NET.Sdk.Web"><PropertyGroup><TargetFramework>net8.0</TargetFramework></PropertyGroup>
  <ItemGroup><PackageReference Include="Microsoft.EntityFrameworkCore.SqlServer" Version="8.0.7" /></ItemGroup></Project>
-- Bills/Program.cs --
using Microsoft.EntityFrameworkCore;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddDbContext<Bills>(o => o.UseSqlServer("Server=sql,1433;Database=bills;User Id=sa;Password=hunterX7cs;"));
var client = new HttpClient();
client.DefaultRequestHeaders.Add("Authorization", "Basic hunterX7csbasic0123");
var app = builder.Build();
app.MapGet("/", () => client.GetStringAsync("https://bills:hunterX7csurl@api.partner.acme.com/"));
app.Run();
public class Bills : DbContext { }
-- Bills/appsettings.json --
{"ConnectionStrings": {"Default": "Server=sql;Database=bills;User Id=sa;Password=hunterX7appsettings;"}, "Jwt": {"Key": "hunterX7jwtkey0123456789abcdef0123456789"}}
-- Bills/Dockerfile --
FROM mcr.microsoft.com/dotnet/aspnet:8.0
COPY out /app
ENTRYPOINT ["dotnet", "/app/Bills.dll"]
-- old/composer.json --
{"name": "acme/old", "type": "project", "require": {"php": ">=8.2", "guzzlehttp/guzzle": "7.9.2"}}
-- old/public/index.php --
<?php
use GuzzleHttp\Client;

$db = new PDO('mysql:host=db;dbname=old', 'old', 'hunterX7php');
$other = mysqli_connect('db', 'old', 'hunterX7mysqli', 'old');
define('API_KEY', 'hunterX7phpkey');
$client = new Client(['auth' => ['old', 'hunterX7phpauth']]);
$client->get('https://old:hunterX7phpurl@api.partner.acme.com/');
-- old/.env --
APP_KEY=base64:hunterX7appkey0123456789abcdefghijk=
DB_PASSWORD=hunterX7dotenv
MAIL_URL=smtp://mail:hunterX7mail@smtp.acme.com:587
-- old/Dockerfile --
FROM php:8.3-apache
COPY . /app
-- gateway/nginx.conf --
events {}
http {
  server {
    listen 80;
    location /stock { proxy_pass http://gateway:hunterX7nginx@stock:8000; proxy_set_header Authorization "Basic hunterX7nginxheader0"; }
  }
}
-- gateway/Dockerfile --
FROM nginx:1.27
COPY nginx.conf /etc/nginx/nginx.conf
-- compose.yaml --
services:
  shop:
    build: shop
    environment:
      SPRING_DATASOURCE_PASSWORD: hunterX7compose
      SPRING_RABBITMQ_ADDRESSES: amqp://shop:hunterX7composeurl@mq:5672
      SPRING_APPLICATION_JSON: '{"spring.redis.password": "hunterX7json"}'
      GIVEN_PASSWORD: ${GIVEN:-hunterX7default}
    command: ["java", "-jar", "/shop.jar", "--spring.mail.password=hunterX7command"]
  stock: {build: stock}
  pay: {build: pay}
  web: {build: web, ports: ["3000:3000"]}
  bills: {build: Bills}
  old: {build: old, env_file: old/.env}
  gateway: {build: gateway, ports: ["80:80"]}
  db: {image: "postgres:16", environment: {POSTGRES_PASSWORD: hunterX7postgres}}
  cache: {image: "redis:7", command: redis-server --requirepass hunterX7requirepass}
  mq: {image: "rabbitmq:3", environment: [RABBITMQ_DEFAULT_USER=shop, RABBITMQ_DEFAULT_PASS=hunterX7rabbitmq]}
-- deploy/shop.yaml --
apiVersion: v1
kind: Secret
metadata: {name: shop}
stringData: {password: hunterX7stringdata, url: "amqp://shop:hunterX7secreturl@mq:5672"}
data: {token: BASE64}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: shop}
data:
  DB_PASSWORD: hunterX7configmap
  DB_URL: postgres://shop:hunterX7configurl@db:5432/shop
  application.yml: |
    spring.datasource.password: hunterX7mounted
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, annotations: {note.acme.com/token: hunterX7annotation}}
spec:
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec:
      containers:
        - name: shop
          image: registry.example/shop:1
          args: ["--admin.password=hunterX7args"]
          env: [{name: ADMIN_PASSWORD, value: hunterX7env}, {name: BROKER, value: "amqp://shop:hunterX7envurl@mq:5672"}]
          envFrom: [{configMapRef: {name: shop}}, {secretRef: {name: shop}}]
-- .github/workflows/build.yml --
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    env: {DEPLOY_TOKEN: hunterX7workflow}
    steps:
      - run: curl -H "Authorization: Bearer hunterX7pipeline" https://deploy.acme.com
`

// No credential that stands in the system comes to stand in anything that this program writes: what it prints in whatever form, documents, and what it keeps for its next run.
func TestNoCredentialGetsOut(t *testing.T) {
	dir, cache, out := t.TempDir(), t.TempDir(), t.TempDir()
	encoded := base64.StdEncoding.EncodeToString([]byte("hunterX7base64token"))
	system := strings.ReplaceAll(leakySystem, "BASE64", encoded)
	for _, f := range txtar.Parse([]byte(system)).Files {
		p := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(p), 0o777); err != nil {
			t.Fatal(err)
		} else if err := os.WriteFile(p, f.Data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	planted := slices.Compact(slices.Sorted(slices.Values(append(regexp.MustCompile(`hunterX7\w+`).FindAllString(system, -1), encoded, "hunterX7base64token"))))
	if len(planted) < 70 {
		t.Fatalf("only %d credentials are planted", len(planted))
	}
	leaks := map[string]int{}
	look := func(what string, data []byte) {
		for _, p := range planted {
			if i := bytes.Index(data, []byte(p)); i >= 0 {
				if leaks[p]++; leaks[p] <= 2 {
					t.Errorf("%s holds %s: …%s…", what, p, bytes.ToValidUTF8(data[max(0, i-100):min(len(data), i+60)], []byte("?")))
				}
			}
		}
	}
	written := 0
	command := func(args ...string) []byte {
		t.Helper()
		var stdout, stderr bytes.Buffer
		code := run(context.Background(), args, &stdout, &stderr)
		if code != exitViolated && code != exitUnknown && code != exitSatisfied {
			t.Fatalf("%v: exit %d: %s", args, code, stderr.String())
		}
		written++
		look(strings.Join(args[:min(3, len(args))], " "), stdout.Bytes())
		look("what is said of "+args[0], stderr.Bytes())
		return stdout.Bytes()
	}
	doc := filepath.Join(out, "document.json")
	shared := []string{"--maven-repository", "none", "--gradle-cache", "none", "--go-module-cache", "none", "--database", "none"}
	args := slices.Concat([]string{"assess", dir, "--cache", cache, "--at", noon, "-o", "json=" + doc}, shared)
	for _, name := range report.Names() {
		if name != "json" {
			args = append(args, "-o", name+"="+filepath.Join(out, "assess."+name))
		}
	}
	command(args...)
	for _, name := range report.Names() {
		command("report", doc, "-o", name+"="+filepath.Join(out, "report."+name))
	}
	for _, name := range report.ModelNames() {
		command("model", "--from", doc, "-o", name+"="+filepath.Join(out, "model."+name))
	}
	command("model", "--from", doc, "--emit-policies="+filepath.Join(out, "policies.yaml"))
	command("sbom", "--from", doc)
	command("plan", "--from", doc)
	for _, r := range scheme.All() {
		command("why", r.ID, "--from", doc, "--all")
		command("explain", r.ID)
	}
	for _, root := range []string{out, cache} {
		files := 0
		err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(p)
			files++
			rel, _ := filepath.Rel(root, p)
			look(fmt.Sprintf("%s of %s", rel, map[string]string{out: "the output", cache: "the cache"}[root]), data)
			return err
		})
		if err != nil {
			t.Fatal(err)
		} else if files < 10 {
			t.Errorf("only %d files were looked at in %s", files, root)
		}
	}
	text, err := os.ReadFile(doc)
	if err != nil {
		t.Fatal(err)
	}
	// what is no secret stays, or nothing was read
	for _, stays := range []string{"postgresql", "o1.ingest.sentry.io", "amqp", "api.partner.acme.com"} {
		if !bytes.Contains(text, []byte(stays)) {
			t.Errorf("the document does not hold %s", stays)
		}
	}
	t.Logf("%d commands, %d credentials", written, len(planted))
}
