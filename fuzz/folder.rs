// A folder with the project's schemas, made once for a process.

use std::path::Path;
use std::sync::OnceLock;

/// The folder; it goes with the process.
pub fn folder() -> &'static Path {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    let made = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for inner in ["schemas", "pipelines"] {
            std::fs::create_dir(folder.path().join(inner)).expect("a writable folder");
        }
        let schemas = Path::new(env!("CARGO_MANIFEST_DIR"));
        let schemas = [schemas.join("schemas"), schemas.join("../schemas")].into_iter().find(|p| p.is_dir());
        for entry in std::fs::read_dir(schemas.expect("the project's schemas")).expect("a readable folder") {
            let path = entry.expect("a readable folder").path();
            let name = path.file_name().expect("a file has a name");
            std::fs::copy(&path, folder.path().join("schemas").join(name)).expect("a writable folder");
        }
        folder
    });
    made.path()
}
