//! DSSE envelopes (Dead Simple Signing Envelope, protocol and envelope v1) and Ed25519 signatures: the only door to both.

use std::path::Path;

use base64ct::{Base64, Base64Url, Encoding as _};
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, DecodePublicKey as _};
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

use super::Error;
use super::source::{KEY_BYTES_MAX, bytes_of};
use crate::artifact::Digest;

/// The media type of in-toto statements, as JSON.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// A payload with signatures over it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    /// The payload, in base64.
    pub payload: String,
    /// Its media type.
    pub payload_type: String,
    /// None, where nobody signed it.
    pub signatures: Vec<Signature>,
}

/// One signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// A hint at the key: the sha256 of its 32 public bytes. Not authenticated, so nothing is decided by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keyid: Option<String>,
    /// The signature, in base64.
    pub sig: String,
}

/// What is known of who wrote an attestation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signed {
    /// The given key signed it.
    Verified,
    /// Somebody signed it; no key was given to check it with.
    NotChecked,
    /// Nobody signed it.
    Unsigned,
}

impl Signed {
    /// The same as a sentence.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Signed::Verified => "the signature is that of the given key",
            Signed::NotChecked => {
                "signed, but the signature was not checked: give the public key with `--key`"
            }
            Signed::Unsigned => {
                "unsigned: nothing shows who wrote this attestation, nor that nobody changed it"
            }
        }
    }
}

/// What is signed: `PAE(type, body)` of the DSSE protocol, "Pre-Authentication Encoding".
fn pae(payload_type: &str, body: &[u8]) -> Vec<u8> {
    let mut text = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), body.len()).into_bytes();
    text.extend_from_slice(body);
    text
}

/// An envelope that nobody signed yet.
#[must_use]
pub fn envelope(statement: &[u8]) -> Envelope {
    Envelope {
        payload: Base64::encode_string(statement),
        payload_type: PAYLOAD_TYPE.to_owned(),
        signatures: Vec::new(),
    }
}

/// Signs a statement with an Ed25519 key in PKCS#8 PEM, as `openssl genpkey -algorithm ed25519` writes it.
///
/// # Errors
/// A file that is no such key.
pub fn sign(statement: &[u8], key: &Path) -> Result<Envelope, Error> {
    let text = pem(key)?;
    let unfit = |what: String| {
        Error::unfit(key, what, "make one with `openssl genpkey -algorithm ed25519 -out key.pem`")
    };
    // The reason may quote what was read, which is secret.
    let key = SigningKey::from_pkcs8_pem(&text)
        .map_err(|_| unfit("is no Ed25519 private key in PKCS#8 PEM".to_owned()))?;
    let mut envelope = envelope(statement);
    let sig = key.sign(&pae(PAYLOAD_TYPE, statement));
    envelope.signatures.push(Signature {
        keyid: Some(Digest::of_bytes(key.verifying_key().as_bytes()).to_string()),
        sig: Base64::encode_string(&sig.to_bytes()),
    });
    Ok(envelope)
}

fn pem(path: &Path) -> Result<String, Error> {
    String::from_utf8(bytes_of(path, KEY_BYTES_MAX)?)
        .map_err(|_| Error::unfit(path, "is no PEM file", "give a key in PEM"))
}

impl Envelope {
    /// The payload, once its type and, where a key is given, one of its signatures is right. `file` is where it was read.
    ///
    /// # Errors
    /// Another type, no base64, a key that is none, or no signature of that key.
    pub fn open(&self, file: &Path, key: Option<&Path>) -> Result<(Vec<u8>, Signed), Error> {
        if self.payload_type != PAYLOAD_TYPE {
            let what = format!("holds a payload of type `{}`", self.payload_type);
            return Err(Error::unfit(file, what, &format!("only `{PAYLOAD_TYPE}` is an attestation")));
        }
        let payload = decoded(&self.payload).ok_or_else(|| {
            Error::unfit(
                file,
                "holds a payload that is no base64",
                "fetch the file again: it was changed on its way",
            )
        })?;
        let signed = match key {
            Some(key) => self.verify(file, key, &payload)?,
            None if self.signatures.is_empty() => Signed::Unsigned,
            None => Signed::NotChecked,
        };
        Ok((payload, signed))
    }

    fn verify(&self, file: &Path, key: &Path, payload: &[u8]) -> Result<Signed, Error> {
        let public = VerifyingKey::from_public_key_pem(&pem(key)?).map_err(|_| {
            let hint = "write it with `openssl pkey -in key.pem -pubout -out public.pem`";
            Error::unfit(key, "is no Ed25519 public key in PEM", hint)
        })?;
        if self.signatures.is_empty() {
            return Err(Error::unfit(file, "is not signed", "leave out `--key` to use it all the same"));
        }
        let message = pae(&self.payload_type, payload);
        let holds = |signature: &Signature| {
            decoded(&signature.sig)
                .and_then(|bytes| ed25519_dalek::Signature::from_slice(&bytes).ok())
                .is_some_and(|signature| public.verify_strict(&message, &signature).is_ok())
        };
        if self.signatures.iter().any(holds) {
            return Ok(Signed::Verified);
        }
        let what = format!("is not signed by `{}`, or was changed since", key.display());
        Err(Error::unfit(file, what, "do not trust it; ask whoever wrote it for the file and the key again"))
    }
}

/// Either alphabet, as the protocol asks of readers.
fn decoded(text: &str) -> Option<Vec<u8>> {
    Base64::decode_vec(text).or_else(|_| Base64Url::decode_vec(text)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_before_signing_is_that_of_the_specification() {
        let expected = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world";
        assert_eq!(pae("http://example.com/HelloWorld", b"hello world"), expected);
        assert_eq!(pae("", b""), b"DSSEv1 0  0 ");
    }

    /// A key from a seed, as `openssl` writes keys (RFC 8410, section 7): built here, so that no key lies in the sources.
    fn keys(seed: u8) -> (tempfile::TempDir, std::path::PathBuf, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let block = |label: &str, head: &[u8], key: &[u8]| {
            let body = Base64::encode_string(&[head, key].concat());
            format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
        };
        let (private, public) = (folder.path().join("key.pem"), folder.path().join("public.pem"));
        let secret = [seed; 32];
        let head = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
        std::fs::write(&private, block("PRIVATE KEY", &head, &secret)).unwrap();
        let open = SigningKey::from_bytes(&secret).verifying_key();
        let head = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];
        std::fs::write(&public, block("PUBLIC KEY", &head, open.as_bytes())).unwrap();
        (folder, private, public)
    }

    #[test]
    fn what_a_key_signed_opens_with_its_public_half_and_no_other() {
        let (_folder, private, public) = keys(7);
        let (_other_folder, _, other) = keys(8);
        let file = Path::new("a.json");
        let signed = sign(b"{\"a\": 1}", &private).unwrap();
        assert_eq!(signed.open(file, Some(&public)).unwrap(), (b"{\"a\": 1}".to_vec(), Signed::Verified));
        assert_eq!(signed.open(file, None).unwrap().1, Signed::NotChecked);
        assert!(signed.open(file, Some(&other)).unwrap_err().to_string().contains("is not signed by"));
        let refused = signed.open(file, Some(&private)).unwrap_err().to_string();
        assert!(refused.contains("is no Ed25519 public key"), "{refused}");
        let unsigned = envelope(b"{}");
        assert_eq!(unsigned.open(file, None).unwrap().1, Signed::Unsigned);
        assert!(unsigned.open(file, Some(&public)).unwrap_err().to_string().contains("is not signed"));
    }

    #[test]
    fn any_change_of_payload_type_or_signature_is_refused() {
        let (_folder, private, public) = keys(7);
        let file = Path::new("a.json");
        let good = sign(b"{\"a\": 1}", &private).unwrap();
        let mut payload = good.clone();
        payload.payload = Base64::encode_string(b"{\"a\": 2}");
        let mut kind = good.clone();
        kind.payload_type = "application/json".to_owned();
        let mut signature = good.clone();
        signature.signatures[0].sig = Base64::encode_string(&[0; 64]);
        let mut short = good.clone();
        short.signatures[0].sig = "AAAA".to_owned();
        let mut broken = good.clone();
        broken.payload = "%".to_owned();
        for envelope in [payload, kind, signature, short, broken] {
            assert!(envelope.open(file, Some(&public)).is_err(), "{envelope:?}");
        }
        let mut url = good;
        url.payload = Base64Url::encode_string(b"{\"a\": 1}");
        assert!(url.open(file, Some(&public)).is_ok(), "both alphabets are allowed");
    }
}
