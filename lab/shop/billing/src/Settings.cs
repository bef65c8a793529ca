using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Npgsql;
using RabbitMQ.Client;

namespace Shop.Billing;

/// <summary>How to reach the broker: over TLS, trusting the shop's own authority alone.</summary>
public sealed record BrokerSettings(string Host, int Port, string User, string Password, X509Certificate2 Authority)
{
    public ConnectionFactory Connections() => new()
    {
        HostName = Host,
        Port = Port,
        UserName = User,
        Password = Password,
        AutomaticRecoveryEnabled = true,
        Ssl = new SslOption
        {
            Enabled = true,
            ServerName = Host,
            Version = SslProtocols.Tls12 | SslProtocols.Tls13,
            CertificateValidationCallback = TrustedBy(Authority),
        },
    };

    /// <summary>Accepts a certificate for the right name that the authority has signed, and no other.</summary>
    public static RemoteCertificateValidationCallback TrustedBy(X509Certificate2 authority) => (_, certificate, chain, errors) =>
    {
        var others = errors & ~SslPolicyErrors.RemoteCertificateChainErrors;
        if (others != SslPolicyErrors.None || certificate is null || chain is null)
        {
            return false;
        }
        using var own = new X509Chain();
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.CustomTrustStore.Add(authority);
        own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck; // the authority publishes no list
        own.ChainPolicy.ExtraStore.AddRange(chain.ChainPolicy.ExtraStore);
        using var leaf = new X509Certificate2(certificate);
        return own.Build(leaf);
    };
}

/// <summary>Reads what the service is told from outside. Passwords stand in files; the configuration names them.</summary>
public static class Settings
{
    public static string Required(this IConfiguration configuration, string name) =>
        configuration[name] is { Length: > 0 } value ? value : throw new InvalidOperationException($"{name} is not set");

    public static string Secret(this IConfiguration configuration, string name) =>
        File.ReadAllText(configuration.Required(name)).TrimEnd();

    public static BrokerSettings Broker(this IConfiguration configuration) => new(
        configuration.Required("BROKER_HOST"),
        configuration.GetValue("BROKER_PORT", 5671),
        configuration.Required("BROKER_USER"),
        configuration.Secret("BROKER_PASSWORD_FILE"),
        X509Certificate2.CreateFromPem(File.ReadAllText(configuration.Required("TLS_AUTHORITY"))));

    public static NpgsqlDataSource Database(this IConfiguration configuration) =>
        NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder
        {
            Host = configuration.Required("DATABASE_HOST"),
            Database = configuration.GetValue("DATABASE_NAME", "billing"),
            Username = configuration.GetValue("DATABASE_USER", "billing"),
            Password = configuration.Secret("DATABASE_PASSWORD_FILE"),
            SslMode = SslMode.VerifyFull,
            RootCertificate = configuration.Required("TLS_AUTHORITY"),
        });
}
