//! Broken stores of level 2.

use crate::domain_model::ModelPlace;

mod the_model {
    sso_sync::domain_store_tests!(
        super::ModelPlace,
        lacks {
            kill: "what is in memory ends with the process",
            disk_full: "there is no disk",
            earlier_files: "there are no files",
        }
    );
}
