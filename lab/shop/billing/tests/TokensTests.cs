using System.Security.Cryptography;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace Shop.Billing.Tests;

public sealed class TokensTests : IDisposable
{
    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP384);

    public void Dispose() => key.Dispose();

    private async Task<bool> Valid(ECDsa signer, string issuer = Tokens.Issuer, string audience = Tokens.Audience, int minutes = 5)
    {
        var now = DateTime.UtcNow;
        var token = new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = issuer,
            Audience = audience,
            NotBefore = now.AddMinutes(-10),
            IssuedAt = now.AddMinutes(-10),
            Expires = now.AddMinutes(minutes),
            SigningCredentials = new SigningCredentials(new ECDsaSecurityKey(signer), SecurityAlgorithms.EcdsaSha384),
        });
        var parameters = Tokens.Parameters(key.ExportSubjectPublicKeyInfoPem());
        return (await new JsonWebTokenHandler().ValidateTokenAsync(token, parameters)).IsValid;
    }

    [Fact]
    public async Task AGoodTokenPasses() => Assert.True(await Valid(key));

    [Fact]
    public async Task OthersDoNot()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        Assert.False(await Valid(other));
        Assert.False(await Valid(key, issuer: "elsewhere"));
        Assert.False(await Valid(key, audience: "bank"));
        Assert.False(await Valid(key, minutes: -5));
    }
}
