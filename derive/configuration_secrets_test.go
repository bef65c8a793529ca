package derive_test

import (
	"encoding/json"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"assay/derive"
	"assay/fact"
)

// plantedSettings has a credential in clear, hunter2…, in each place where settings are read.
const plantedSettings = `
-- main/docker-compose.yml --
services:
  orders:
    build: ./orders
    env_file: orders.env
    environment:
      COMPOSE_PASSWORD: hunter2compose
      COMPOSE_URL: amqp://user:hunter2url@mq:5672
      INTERPOLATED_PASSWORD: ${GIVEN_PASSWORD:-hunter2default}
      FROM_DOTENV_PASSWORD: ${DOTENV_PASSWORD}
      SPRING_APPLICATION_JSON: '{"json.password": "hunter2json"}'
      JAVA_OPTS: -Dproperty.password=hunter2property
    command: [java, -jar, a.jar, --command.password=hunter2command]
-- main/.env --
DOTENV_PASSWORD=hunter2dotenv
-- main/orders.env --
FILE_PASSWORD=hunter2file
-- main/orders/Dockerfile --
FROM eclipse-temurin:21
ARG BUILD_PASSWORD=hunter2arg
ENV IMAGE_PASSWORD=hunter2image FROM_ARG_PASSWORD=$BUILD_PASSWORD QUOTED_PASSWORD="hunter2quoted"
COPY a.jar a.jar
-- main/orders/pom.xml --
<project><groupId>shop</groupId><artifactId>orders</artifactId><version>1</version></project>
-- main/orders/src/main/resources/application.yml --
yaml.password: hunter2yaml
default.password: ${NOWHERE:hunter2nowhere}
--- # comment
spring.config.activate.on-profile: prod
prod.password: hunter2prod
-- main/orders/src/main/resources/application.properties --
properties.password=hunter2properties
url=jdbc:postgresql://db/x?user=a&password=hunter2query
again.password=hunter2again
again.password=hunter2last
-- main/orders/appsettings.json --
{"ConnectionStrings": {"Main": "Server=db;User Id=sa;Password=hunter2main"}, "Json": {"ApiKey": "hunter2apikey"}}
-- main/orders/settings.toml --
[toml]
password = "hunter2toml"
-- main/orders/settings.ini --
[ini]
password = hunter2ini
-- main/orders/settings.xml --
<settings><password>hunter2xml</password><add key="DbPassword" value="hunter2add"/></settings>
-- main/k8s/orders.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: orders}
spec:
  template:
    spec:
      containers:
      - name: orders
        image: registry.example/orders
        command: [java, -Dk.password=hunter2argument, -jar, a.jar]
        env: [{name: KUBE_PASSWORD, value: hunter2kube}, {name: REF_PASSWORD, valueFrom: {secretKeyRef: {name: creds, key: password}}}]
        envFrom: [{configMapRef: {name: conf}}]
        volumeMounts: [{name: files, mountPath: /config}]
      volumes: [{name: files, configMap: {name: files}}]
-- main/k8s/objects.yaml --
apiVersion: v1
kind: Secret
metadata: {name: creds}
data: {password: aHVudGVyMmRhdGE=}
stringData: {other: hunter2string, note: "hunter2note"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: conf}
data:
  MAP_PASSWORD: hunter2map
  script: |
    export PASSWORD=hunter2script
    mysql -u root -phunter2flag
---
apiVersion: v1
kind: ConfigMap
metadata: {name: files}
data:
  application.properties: mounted.password=hunter2mounted
  broken.json: '{"password": "hunter2broken"'
-- main/chart/Chart.yaml --
apiVersion: v2
name: shop
version: 0.1.0
-- main/chart/values.yaml --
password: hunter2values
-- main/chart/templates/a.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: orders}
spec: {template: {spec: {containers: [{name: orders, image: a, env: [{name: HELM_PASSWORD, value: "{{ .Values.password }}"}]}]}}}
-- main/kustom/kustomization.yaml --
secretGenerator:
- {name: made, literals: [password=hunter2made]}
configMapGenerator:
- {name: mapped, literals: [DB_PASSWORD=hunter2mapped]}
`

// A credential in clear is in no fact and no gap, wherever it stands; that there is one is known all the same.
func TestConfigurationSecrets(t *testing.T) {
	x := configured(t, txtar.Parse([]byte(plantedSettings)).Files)
	var all strings.Builder
	clear := map[string]bool{}
	kinds := []fact.Fact{fact.Setting{}, fact.Configured{}, fact.Environment{}, fact.Held{}, fact.Mounted{}, fact.Handed{}, fact.Workload{}, fact.Container{}, fact.ImageBuild{}, fact.Object{},
		fact.Stage{}, fact.Started{}, fact.Ran{}, fact.Copied{}}
	for _, c := range x.Plan.Components {
		for _, k := range kinds {
			rows := x.Base.Rows(c, k)
			for _, what := range []any{rows, x.Base.Gaps(c, k)} {
				data, err := json.Marshal(what)
				if err != nil {
					t.Fatal(err)
				}
				all.Write(data)
			}
			for _, r := range rows {
				if f, ok := r.Fact.(fact.Configured); ok && f.Credential == "plain" && c != derive.Unmapped {
					clear[f.Key] = true
				}
			}
		}
	}
	for _, secret := range []string{"hunter2", "aHVudGVyMmRhdGE"} {
		if i := strings.Index(all.String(), secret); i >= 0 {
			t.Errorf("%s", all.String()[max(0, i-300):min(all.Len(), i+50)])
		}
	}
	for _, key := range strings.Fields(`env:COMPOSE_PASSWORD env:COMPOSE_URL env:INTERPOLATED_PASSWORD env:FROM_DOTENV_PASSWORD env:FILE_PASSWORD env:IMAGE_PASSWORD env:FROM_ARG_PASSWORD env:QUOTED_PASSWORD
		yaml.password default.password prod.password properties.password url again.password ConnectionStrings.Main Json.ApiKey toml.password ini.password settings.password
		property.password command.password k.password env:KUBE_PASSWORD env:REF_PASSWORD env:MAP_PASSWORD mounted.password env:HELM_PASSWORD`) {
		if !clear[key] {
			t.Errorf("%s stands in clear, and nobody knows", key)
		}
	}
}
