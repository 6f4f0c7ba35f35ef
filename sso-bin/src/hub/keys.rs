//! The key file of a hub.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sso_sync::admin::SystemRandomness;
use sso_sync::admin::hub::HubKeys;
use zeroize::Zeroizing;

use super::HubError;
use crate::data_dir::{DataDir, KeyFile};
use crate::failure::Failure;
use crate::key_files::is_present;

/// Makes the keys of a new hub, unless they are there: nothing could bring them back.
///
/// # Errors
///
/// A [`Failure`] if the file cannot be written.
pub fn create(dir: &DataDir) -> Result<(), Failure> {
    if is_present(dir, KeyFile::Hub)? {
        return Ok(());
    }
    let keys = HubKeys::random(&mut SystemRandomness).map_err(HubError::from)?;
    Ok(dir.write(&dir.key_file(KeyFile::Hub), &to_text(&keys)?)?)
}

/// Takes over the keys of another process of the hub, as its key file says them.
///
/// # Errors
///
/// A [`Failure`] if `text` is no key file, or other keys are there already.
pub fn adopt(dir: &DataDir, text: &str) -> Result<(), Failure> {
    let path = dir.key_file(KeyFile::Hub);
    let parsed = parse(text).map_err(|reason| HubError::Keys {
        path: path.clone(),
        reason,
    })?;
    let wanted = to_text(&parsed)?;
    match dir.read_if_present(&path)? {
        Some(present) if *present == *wanted => Ok(()),
        Some(_) => Err(HubError::OtherKeys { path }.into()),
        None => Ok(dir.write(&path, &wanted)?),
    }
}

/// Reads the keys.
///
/// # Errors
///
/// A [`Failure`] naming the file.
pub fn load(dir: &DataDir) -> Result<HubKeys, Failure> {
    let path = dir.key_file(KeyFile::Hub);
    let keys = parse(&dir.read(&path)?);
    Ok(keys.map_err(|reason| HubError::Keys { path, reason })?)
}

fn parse(text: &str) -> Result<HubKeys, String> {
    let bytes = BASE64_STANDARD.decode(text.trim()).map(Zeroizing::new);
    let bytes = bytes.map_err(|_| "it is one line of base64".to_owned())?;
    HubKeys::from_bytes(&bytes).map_err(|error| error.to_string())
}

fn to_text(keys: &HubKeys) -> Result<Zeroizing<String>, HubError> {
    let bytes = keys.to_bytes()?;
    let mut text = Zeroizing::new(String::with_capacity(MAX_TEXT));
    BASE64_STANDARD.encode_string(&*bytes, &mut text);
    text.push('\n');
    Ok(text)
}

/// Longer than the text, so that growing leaves no copies behind.
const MAX_TEXT: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data_dir::Program;

    #[test]
    fn keys_that_were_made_are_read_and_kept() {
        let (_guard, dir) = folder();
        create(&dir).unwrap();
        let text = dir.read(&dir.key_file(KeyFile::Hub)).unwrap();
        let fingerprint = load(&dir).unwrap().fingerprint().unwrap();
        create(&dir).unwrap();
        assert_eq!(load(&dir).unwrap().fingerprint().unwrap(), fingerprint);
        assert!(text.len() < MAX_TEXT);
    }

    #[test]
    fn another_process_takes_over_the_same_keys_and_no_others() {
        let (_guard, first) = folder();
        let (_other_guard, second) = folder();
        create(&first).unwrap();
        let text = first.read(&first.key_file(KeyFile::Hub)).unwrap();
        adopt(&second, &text).unwrap();
        adopt(&second, &text).unwrap();
        assert_eq!(
            load(&first).unwrap().fingerprint(),
            load(&second).unwrap().fingerprint()
        );
        let (_third_guard, third) = folder();
        create(&third).unwrap();
        let refused = adopt(&third, &text).unwrap_err();
        assert!(refused.to_string().contains("hub.key"), "{refused}");
    }

    #[test]
    fn a_file_that_holds_no_keys_is_named() {
        let (_guard, dir) = folder();
        for text in ["", "x y", "AAAA"] {
            dir.write(&dir.key_file(KeyFile::Hub), text).unwrap();
            let refused = load(&dir).unwrap_err();
            assert!(refused.to_string().contains("hub.key holds"), "{refused}");
            assert!(adopt(&dir, text).is_err());
        }
    }

    fn folder() -> (tempfile::TempDir, DataDir) {
        let guard = tempfile::tempdir().unwrap();
        let dir = DataDir::create_of(Program::Hub, &guard.path().join("hub")).unwrap();
        (guard, dir)
    }
}
