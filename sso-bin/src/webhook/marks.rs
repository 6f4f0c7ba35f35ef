//! What was told already, over restarts.

use serde::{Deserialize, Serialize};

use crate::data_dir::{DataDir, DataDirError};

/// What was told already.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Marks {
    /// Ids of events that were delivered or given up, the newest last.
    told: Vec<String>,
    /// The announced deletion that was seen last, as long as nobody was told of its end.
    pub(super) announced: Option<String>,
}

impl Marks {
    /// What was kept; nothing, if that cannot be read: then something is told twice.
    pub(super) fn load(dir: &DataDir) -> Self {
        let text = dir.read_if_present(&dir.file(FILE)).ok().flatten();
        text.and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default()
    }

    pub(super) fn save(&self, dir: &DataDir) -> Result<(), DataDirError> {
        let text = serde_json::to_string(self).unwrap_or_default();
        dir.write(&dir.file(FILE), &text)
    }

    pub(super) fn knows(&self, id: &str) -> bool {
        self.told.iter().any(|told| told == id)
    }

    pub(super) fn add(&mut self, id: &str) {
        if self.knows(id) {
            return;
        }
        self.told.push(id.to_owned());
        let surplus = self.told.len().saturating_sub(MOST);
        self.told.drain(..surplus);
    }
}

const FILE: &str = "webhook.json";

/// More than can matter at once.
const MOST: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_is_known_after_a_restart_up_to_a_bound() {
        let guard = tempfile::tempdir().unwrap();
        let dir = DataDir::ensure(&guard.path().join("data")).unwrap();
        assert_eq!(Marks::load(&dir), Marks::default());
        let mut marks = Marks::default();
        for number in 0..=MOST {
            marks.add(&number.to_string());
            marks.add(&number.to_string());
        }
        assert!(!marks.knows("0") && marks.knows("1") && marks.knows("256"));
        marks.save(&dir).unwrap();
        assert_eq!(Marks::load(&dir), marks);
        dir.write(&dir.file(FILE), "damaged").unwrap();
        assert_eq!(Marks::load(&dir), Marks::default());
    }
}
