import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { together, type Database, type Sql } from '../../../kernel/database.ts';
import { badRequest } from '../../../kernel/errors.ts';
import type { UploadedFile } from '../../../kernel/rest/endpoint.ts';
import { imageType } from '../../../kernel/rest/uploads.ts';

/** What a form may bring: the client does not limit it, so we do. */
export const PICTURE_LIMITS = { field: 'imagenes', maxFiles: 5, maxBytes: 5 * 1024 * 1024 };

export interface Picture {
  /** That of the content; what the sender declared is not looked at. */
  mediaType: string;
  bytes: Buffer;
}

/** @throws AppError 400 for a file that is no picture; SVG is none, it can hold scripts. */
export function picturesIn(files: readonly UploadedFile[]): Picture[] {
  return files.map(({ bytes }) => {
    const mediaType = imageType(bytes);
    if (mediaType === undefined) throw badRequest('Las imágenes tienen que ser PNG, JPEG, GIF o WebP.');
    return { mediaType, bytes };
  });
}

/** The first pictures of a product. They are committed with it or not at all. */
export async function insertPictures(
  trx: Sql,
  tenantId: number,
  productoId: number,
  pictures: readonly Picture[],
): Promise<void> {
  await together(
    pictures.map(({ mediaType, bytes }, posicion) =>
      trx.run(
        `INSERT INTO product_pictures (tenant_id, producto_id, posicion, media_type, bytes)
         VALUES ($1, $2, $3, $4, $5)`,
        [tenantId, productoId, posicion, mediaType, bytes],
      ),
    ),
  );
}

/**
 * Puts these in the place of all that a locked product had. The same ones in the same order stay as they are, address
 * included.
 * @returns whether anything changed.
 */
export async function replacePictures(
  trx: Sql,
  tenantId: number,
  productoId: number,
  pictures: readonly Picture[],
): Promise<boolean> {
  const kept = await trx.rows<{ sha256: string }>(
    `SELECT encode(sha256, 'hex') AS sha256 FROM product_pictures
     WHERE tenant_id = $1 AND producto_id = $2 ORDER BY posicion`,
    [tenantId, productoId],
  );
  const hashes = pictures.map(({ bytes }) => createHash('sha256').update(bytes).digest('hex'));
  if (kept.map(({ sha256 }) => sha256).join() === hashes.join()) return false;
  await trx.run('DELETE FROM product_pictures WHERE tenant_id = $1 AND producto_id = $2', [tenantId, productoId]);
  await insertPictures(trx, tenantId, productoId, pictures);
  return true;
}

export interface ShownPicture {
  mediaType: string;
  /** Of the bytes, in hex. */
  sha256: string;
}

/** A picture by the id in its address, for whoever has that, through the view made for it. */
export const findPicture = (trx: Sql, imagenId: string): Promise<ShownPicture | undefined> =>
  trx.maybe<ShownPicture>('SELECT media_type AS "mediaType", sha256 FROM shown_pictures WHERE imagen_id = $1', [imagenId]);

/** So much of what was shown last is kept; megabytes come out of Postgres as text twice as long. */
const KEPT_BYTES = 64 * 1024 * 1024;

/**
 * Contents by their hash, undefined for a picture that is gone meanwhile. All who ask for one at a time share it: a
 * page that many open asks Postgres once, and slow readers hold one copy between them.
 */
export function createContents(database: Database): (picture: ShownPicture, imagenId: string) => Promise<Buffer | undefined> {
  const kept = new LRUCache<string, Buffer, string>({
    maxSize: KEPT_BYTES,
    sizeCalculation: (bytes) => Math.max(1, bytes.length),
    ignoreFetchAbort: true, // whoever asked still wants what there is no place for
    fetchMethod: (_sha256, _stale, { context: imagenId }) =>
      database.transaction({ tenantId: 0 }, async (trx) => (await contentOf(trx, imagenId))?.bytes),
  });
  return ({ sha256 }, imagenId) => kept.fetch(sha256, { context: imagenId });
}

const contentOf = (trx: Sql, imagenId: string): Promise<{ bytes: Buffer } | undefined> =>
  trx.maybe('SELECT bytes FROM shown_pictures WHERE imagen_id = $1', [imagenId]);
