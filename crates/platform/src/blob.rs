//! Bytes that are too large for a row: documents, media, exports.
//!
//! A blob is named by the SHA-256 of what it holds, so it never changes, the same bytes are stored once, and a damaged
//! one can be found. The store knows nothing of who may read it, nor of what still refers to it.
//!
//! Because equal bytes are shared, what is deleted for one may be needed by another at that very moment. So two rules: who
//! [receives](BlobStore::writer) a blob commits what refers to it *before* [publishing](ReadyBlob::publish) it, and who
//! deletes one [sets it aside](BlobStore::discard) *before* asking whether anything refers to it. In whatever order the two
//! meet, the blob is there in the end, without a lock and over several nodes. Only a slice knows what refers to its blobs,
//! so one that deletes any keeps its own [apart](BlobStore::within).

use std::{fmt, path::Path, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream::BoxStream};
use object_store::{
    ObjectStore, ObjectStoreExt, PutMode, PutOptions, WriteMultipart, local::LocalFileSystem,
    path::Path as ObjectPath, prefix::PrefixStore,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    crypto::sha256_hex,
    error::{Error, Result},
};

/// Blobs that are coming in, and those set aside to be deleted.
const INCOMING: &str = "incoming";
const ASIDE: &str = "aside";
/// What is held in memory of a blob that is coming in: at most three times this.
const PART: usize = 512 << 10;
/// What came in for so long will not be finished any more.
const STALE: Duration = Duration::from_secs(24 * 60 * 60);
/// So many that were left aside are named at once.
const LEFT: usize = 500;

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
    fn aside(&self) -> ObjectPath {
        ObjectPath::from(format!("{ASIDE}/{}", self.0))
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
        forget_stale(&dir);
        let store = LocalFileSystem::new_with_prefix(&dir).map_err(Error::internal)?.with_fsync(true);
        Ok(BlobStore(Arc::new(store)))
    }

    /// A part of this store that shares nothing with the rest, nor with other parts: equal bytes are kept in each.
    pub fn within(&self, part: &'static str) -> Self {
        BlobStore(Arc::new(PrefixStore::new(self.0.clone(), part)))
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

    /// For a blob that comes piece by piece. `name` is anybody's, but no two at once: a random word.
    pub async fn writer(&self, name: &str) -> Result<BlobWriter> {
        let part = ObjectPath::from(format!("{INCOMING}/{name}"));
        let upload = self.0.put_multipart(&part).await.map_err(Error::internal)?;
        let upload = WriteMultipart::new_with_chunk_size(upload, PART);
        Ok(BlobWriter { store: self.clone(), part, upload, hash: Sha256::new(), size: 0 })
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
        self.remove(&key.path()).await
    }

    /// Deletes a blob unless `is_needed`: it is set aside, then the question is asked, then it goes or comes back. Whether
    /// it went. After a crash in between, [`left_aside`](Self::left_aside) names it and this may be called again.
    pub async fn discard<F>(&self, key: &BlobKey, is_needed: impl FnOnce() -> F) -> Result<bool>
    where
        F: Future<Output = Result<bool>>,
    {
        let aside = key.aside();
        self.shift(&key.path(), &aside).await?;
        let needed = is_needed().await;
        match needed {
            Ok(false) => self.remove(&aside).await.map(|()| true),
            Ok(true) => self.shift(&aside, &key.path()).await.map(|()| false),
            // Who could not be asked might have said yes.
            Err(e) => self.shift(&aside, &key.path()).await.and(Err(e)),
        }
    }

    /// What a process that died had set aside.
    pub async fn left_aside(&self) -> Result<Vec<BlobKey>> {
        let found = self.0.list(Some(&ObjectPath::from(ASIDE))).take(LEFT);
        let found: Vec<_> = found.try_collect().await.map_err(Error::internal)?;
        Ok(found.iter().filter_map(|m| BlobKey::parse(m.location.filename()?)).collect())
    }

    /// Over what is there; it is well when there is nothing to move.
    async fn shift(&self, from: &ObjectPath, to: &ObjectPath) -> Result<()> {
        match self.0.rename(from, to).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(e) => Err(Error::internal(e)),
        }
    }

    async fn remove(&self, path: &ObjectPath) -> Result<()> {
        match self.0.delete(path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(e) => Err(Error::internal(e)),
        }
    }
}

/// A blob that is coming in. It never stands in memory as a whole, and nobody can read it yet; dropped, it is gone.
pub struct BlobWriter {
    store: BlobStore,
    part: ObjectPath,
    upload: WriteMultipart,
    hash: Sha256,
    size: u64,
}

impl BlobWriter {
    /// Takes the next piece; waits while the disk is behind.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.upload.wait_for_capacity(2).await.map_err(Error::internal)?;
        self.hash.update(bytes);
        self.size += bytes.len() as u64;
        self.upload.write(bytes);
        Ok(())
    }

    /// How many bytes came so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// All of it is here and on disk.
    pub async fn finish(self) -> Result<ReadyBlob> {
        self.upload.finish().await.map_err(Error::internal)?;
        let key = BlobKey(hex::encode(self.hash.finalize()));
        Ok(ReadyBlob { store: self.store, part: self.part, key, size: self.size })
    }
}

/// A blob that came in as a whole, before anybody can read it.
pub struct ReadyBlob {
    store: BlobStore,
    part: ObjectPath,
    key: BlobKey,
    size: u64,
}

impl ReadyBlob {
    pub fn key(&self) -> &BlobKey {
        &self.key
    }
    pub fn size(&self) -> u64 {
        self.size
    }
    /// From now on it can be read. What refers to it has been committed.
    pub async fn publish(self) -> Result<()> {
        self.store.0.rename(&self.part, &self.key.path()).await.map_err(Error::internal)
    }
    /// Nothing will refer to it.
    pub async fn abandon(self) -> Result<()> {
        self.store.remove(&self.part).await
    }
}

/// What processes that died were receiving, here and in each part. That it cannot be cleared is no reason not to start.
fn forget_stale(dir: &Path) {
    let inside = |dir: &Path| std::fs::read_dir(dir).into_iter().flatten().flatten();
    let parts = inside(dir).map(|entry| entry.path().join(INCOMING));
    for entry in parts.chain([dir.join(INCOMING)]).flat_map(|incoming| inside(&incoming)) {
        let age = entry.metadata().and_then(|m| m.modified()).map(|at| at.elapsed().unwrap_or_default());
        if age.is_ok_and(|age| age > STALE)
            && let Err(e) = std::fs::remove_file(entry.path())
        {
            tracing::warn!(cause = %e, "a file that was never received as a whole could not be deleted");
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

    async fn received(store: &BlobStore, name: &str, pieces: &[&[u8]]) -> ReadyBlob {
        let mut writer = store.writer(name).await.unwrap();
        for piece in pieces {
            writer.write(piece).await.unwrap();
        }
        writer.finish().await.unwrap()
    }

    fn files(dir: &Path) -> Vec<String> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
            match entry.path() {
                path if path.is_dir() => found.extend(files(&path)),
                path => found.push(path.display().to_string()),
            }
        }
        found
    }

    #[tokio::test]
    async fn what_comes_in_pieces_is_there_when_it_is_published() {
        let dir = tempfile::tempdir().unwrap();
        let store = BlobStore::local(dir.path()).unwrap();
        let large = vec![7_u8; 3 * PART + 5];
        let ready = received(&store, "a", &[b"head", &large, b""]).await;
        let (key, all) = (ready.key().clone(), [b"head".as_slice(), &large].concat());
        assert_eq!((ready.size(), &key), (all.len() as u64, &BlobKey::of(&all)));
        assert!(!store.exists(&key).await.unwrap());
        ready.publish().await.unwrap();
        assert_eq!(store.get(&key).await.unwrap(), all);
        // The same again is the same; what is given up leaves nothing.
        received(&store, "b", &[&all]).await.publish().await.unwrap();
        received(&store, "c", &[b"no"]).await.abandon().await.unwrap();
        assert_eq!(files(dir.path()).len(), 1);
    }

    #[tokio::test]
    async fn parts_share_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let store = BlobStore::local(dir.path()).unwrap();
        let (a, b) = (store.within("a"), store.within("b"));
        let key = a.put("x").await.unwrap();
        assert!(!b.exists(&key).await.unwrap() && !store.exists(&key).await.unwrap());
        received(&b, "r", &[b"x"]).await.publish().await.unwrap();
        assert!(a.discard(&key, || async { Ok(false) }).await.unwrap());
        assert_eq!((a.exists(&key).await.unwrap(), b.get(&key).await.unwrap()), (false, "x".into()));
        b.shift(&key.path(), &key.aside()).await.unwrap();
        assert_eq!((b.left_aside().await.unwrap(), a.left_aside().await.unwrap()), (vec![key], vec![]));
    }

    #[test]
    fn what_came_in_for_a_day_is_forgotten_at_the_start() {
        let dir = tempfile::tempdir().unwrap();
        let (old, new) = (dir.path().join("blobs/a/incoming/old"), dir.path().join("blobs/incoming/new"));
        for (file, age) in [(&old, 2 * STALE), (&new, STALE / 2)] {
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            let made = std::fs::File::create(file).unwrap();
            let at = made.metadata().unwrap().modified().unwrap() - age;
            made.set_modified(at).unwrap();
        }
        BlobStore::local(dir.path()).unwrap();
        assert_eq!((old.exists(), new.exists()), (false, true));
    }

    #[tokio::test]
    async fn what_is_needed_is_never_discarded() {
        let dir = tempfile::tempdir().unwrap();
        let store = BlobStore::local(dir.path()).unwrap();
        let key = store.put("x").await.unwrap();
        assert!(!store.discard(&key, || async { Ok(true) }).await.unwrap());
        let asked = store.discard(&key, || async { Err(Error::busy()) }).await;
        assert_eq!(asked.unwrap_err().code, crate::Code::Busy);
        assert_eq!(store.get(&key).await.unwrap(), "x");

        // Somebody stores it anew while it is aside.
        let ready = received(&store, "again", &[b"x"]).await;
        assert!(store.discard(&key, || async { ready.publish().await.map(|()| false) }).await.unwrap());
        assert_eq!(store.get(&key).await.unwrap(), "x");
        assert!(store.discard(&key, || async { Ok(false) }).await.unwrap());
        assert!(!store.exists(&key).await.unwrap());

        // A process dies in between.
        store.put("x").await.unwrap();
        store.shift(&key.path(), &key.aside()).await.unwrap();
        assert_eq!(store.left_aside().await.unwrap(), std::slice::from_ref(&key));
        assert!(!store.discard(&key, || async { Ok(true) }).await.unwrap());
        assert!(store.left_aside().await.unwrap().is_empty() && store.exists(&key).await.unwrap());
    }

    #[test]
    fn no_path_is_made_of_foreign_words() {
        assert!(BlobKey::parse("../../etc/passwd").is_none());
        assert!(BlobKey::parse(&"A".repeat(64)).is_none());
        assert!(BlobKey::parse(&"a".repeat(64)).is_some());
        assert!(serde_json::from_str::<BlobKey>("\"x\"").is_err());
    }
}
