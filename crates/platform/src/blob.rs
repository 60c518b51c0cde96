//! Bytes that are too large for a row: documents, media, exports.
//!
//! A blob is named by the SHA-256 of what it holds, so it never changes, the same bytes are stored once, and a damaged
//! one can be found. The store knows nothing of who may read it, nor of what still refers to it.

use std::{fmt, path::Path, sync::Arc};

use bytes::Bytes;
use futures_util::{StreamExt, stream::BoxStream};
use object_store::{
    ObjectStore, ObjectStoreExt, PutMode, PutOptions, local::LocalFileSystem, path::Path as ObjectPath,
};
use serde::{Deserialize, Serialize};

use crate::{
    crypto::sha256_hex,
    error::{Error, Result},
};

/// The name of a blob: 64 hex digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BlobKey(String);

impl BlobKey {
    pub fn of(bytes: &[u8]) -> Self {
        BlobKey(sha256_hex(bytes))
    }
    /// From a stored key; anything else is refused, so that no path is ever made of a stranger's words.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        digits.then(|| BlobKey(text.to_owned()))
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
    fn path(&self) -> ObjectPath {
        ObjectPath::from(format!("{}/{}/{}", &self.0[..2], &self.0[2..4], self.0))
    }
}

impl TryFrom<String> for BlobKey {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        BlobKey::parse(&text).ok_or("not the key of a blob")
    }
}

impl From<BlobKey> for String {
    fn from(key: BlobKey) -> Self {
        key.0
    }
}

impl fmt::Display for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where blobs are. Cloning shares it.
#[derive(Clone)]
pub struct BlobStore(Arc<dyn ObjectStore>);

impl BlobStore {
    /// `<data>/blobs`, which is made when missing.
    pub fn local(data: &Path) -> Result<Self> {
        let dir = data.join("blobs");
        std::fs::create_dir_all(&dir).map_err(Error::internal)?;
        let store = LocalFileSystem::new_with_prefix(&dir).map_err(Error::internal)?.with_fsync(true);
        Ok(BlobStore(Arc::new(store)))
    }

    /// Over any other store.
    pub fn over(store: Arc<dyn ObjectStore>) -> Self {
        BlobStore(store)
    }

    /// Stores all or nothing; what is there already is left alone.
    pub async fn put(&self, bytes: impl Into<Bytes>) -> Result<BlobKey> {
        let bytes = bytes.into();
        let key = BlobKey::of(&bytes);
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        match self.0.put_opts(&key.path(), bytes.into(), options).await {
            Ok(_) | Err(object_store::Error::AlreadyExists { .. }) => Ok(key),
            Err(e) => Err(Error::internal(e)),
        }
    }

    pub async fn get(&self, key: &BlobKey) -> Result<Bytes> {
        self.0.get(&key.path()).await.map_err(missing)?.bytes().await.map_err(Error::internal)
    }

    /// Its size, and its bytes as they come.
    pub async fn stream(&self, key: &BlobKey) -> Result<(u64, BoxStream<'static, Result<Bytes>>)> {
        let found = self.0.get(&key.path()).await.map_err(missing)?;
        let size = found.meta.size;
        Ok((size, found.into_stream().map(|chunk| chunk.map_err(Error::internal)).boxed()))
    }

    pub async fn exists(&self, key: &BlobKey) -> Result<bool> {
        match self.0.head(&key.path()).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(e) => Err(Error::internal(e)),
        }
    }

    /// It is well when it was not there. Whoever calls this knows that nothing refers to it any more.
    pub async fn delete(&self, key: &BlobKey) -> Result<()> {
        match self.0.delete(&key.path()).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(e) => Err(Error::internal(e)),
        }
    }
}

fn missing(error: object_store::Error) -> Error {
    match error {
        object_store::Error::NotFound { .. } => Error::not_found("file"),
        other => Error::internal(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_put_is_got_until_it_is_deleted() {
        let dir = tempfile::tempdir().unwrap();
        let store = BlobStore::local(dir.path()).unwrap();
        let key = store.put("xin chào").await.unwrap();
        assert_eq!(store.put("xin chào").await.unwrap(), key);
        assert_eq!(store.get(&key).await.unwrap(), "xin chào");
        let (size, stream) = store.stream(&key).await.unwrap();
        let chunks: Vec<_> = stream.map(|c| c.unwrap()).collect().await;
        assert_eq!((size, chunks.concat()), (9, "xin chào".as_bytes().to_vec()));
        assert!(store.exists(&key).await.unwrap());
        store.delete(&key).await.unwrap();
        store.delete(&key).await.unwrap();
        assert!(!store.exists(&key).await.unwrap());
        assert_eq!(store.get(&key).await.unwrap_err().code, crate::Code::NotFound);
    }

    #[test]
    fn no_path_is_made_of_foreign_words() {
        assert!(BlobKey::parse("../../etc/passwd").is_none());
        assert!(BlobKey::parse(&"A".repeat(64)).is_none());
        assert!(BlobKey::parse(&"a".repeat(64)).is_some());
        assert!(serde_json::from_str::<BlobKey>("\"x\"").is_err());
    }
}
