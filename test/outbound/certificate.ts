/**
 * A certificate for name.test and 127.0.0.2 that signed itself, good for a hundred years, and its key: neither is used
 * anywhere but on loopback. Node cannot make one, and openssl is not on every machine.
 */
export const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBpjCCAUugAwIBAgIUVkeBz7PBtwg4SIQ59WYjm0OB+54wCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwOUmVlbG1hcmsgdGVzdHMwIBcNMjYxMTIyMTAzMzQzWhgPMjEy
NjEwMjkxMDMzNDNaMBkxFzAVBgNVBAMMDlJlZWxtYXJrIHRlc3RzMFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAEgeP8MA+S/vFhuEgjwc9E1cqfW39ive4lfXvBHMeQ
Gdry7YpqZuaVLnSTQt+WJij/Uv+1PBXRhKt9rUFx3qI4kKNvMG0wHQYDVR0OBBYE
FBRBraJvt8tzr8yr94Lfw/1ReGyoMB8GA1UdIwQYMBaAFBRBraJvt8tzr8yr94Lf
w/1ReGyoMA8GA1UdEwEB/wQFMAMBAf8wGgYDVR0RBBMwEYIJbmFtZS50ZXN0hwR/
AAACMAoGCCqGSM49BAMCA0kAMEYCIQDFMZhDNuRNdxonXCIGHxipwPcSyFyVoco3
6qGwkDRsIgIhAJoeZiNt0xgh6j4jhhXPFwK1xr2IsMnJuXM+ynKktAOc
-----END CERTIFICATE-----
`;

export const CERTIFICATE_KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgRghiMBtSabKkE5Es
7gbrJvxFqLVo8BjXWBn+hCof9fuhRANCAASB4/wwD5L+8WG4SCPBz0TVyp9bf2K9
7iV9e8Ecx5AZ2vLtimpm5pUudJNC35YmKP9S/7U8FdGEq32tQXHeojiQ
-----END PRIVATE KEY-----
`;
