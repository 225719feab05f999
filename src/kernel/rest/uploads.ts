import type { RequestHandler, Response } from 'express';
import multer, { type StorageEngine } from 'multer';
import { AppError, badRequest } from '../errors.ts';

/** What a picture may be, told by its first bytes: neither its name nor its declared type proves anything. */
const IMAGES: ReadonlyArray<{ type: string; matches: (bytes: Buffer) => boolean }> = [
  { type: 'image/png', matches: (bytes) => startsWith(bytes, '89504e470d0a1a0a') },
  { type: 'image/jpeg', matches: (bytes) => startsWith(bytes, 'ffd8ff') },
  { type: 'image/gif', matches: (bytes) => startsWith(bytes, '474946383761') || startsWith(bytes, '474946383961') },
  {
    type: 'image/webp',
    matches: (bytes) => startsWith(bytes, '52494646') && bytes.toString('latin1', 8, 12) === 'WEBP',
  },
];

const startsWith = (bytes: Buffer, hex: string): boolean => bytes.subarray(0, hex.length / 2).toString('hex') === hex;

/** The media type of a picture, or undefined for anything else. */
export const imageType = (bytes: Buffer): string | undefined => IMAGES.find(({ matches }) => matches(bytes))?.type;

export interface UploadLimits {
  field: string;
  maxFiles: number;
  maxBytes: number;
}

/** So much may the files of all forms under way take in this process; running out of memory would end them all. */
const ROOM_BYTES = 256 * 1024 * 1024;

/** Counts what forms hold, a request at a time, from the bytes as they come to the end of the answer. */
export type Room = (res: Response) => { take(bytes: number): boolean };

export function createRoom(bytes = ROOM_BYTES): Room {
  let left = bytes;
  return (res) => {
    let held = 0;
    res.once('close', () => {
      left += held;
      held = Infinity; // what still comes is nobody's
    });
    return {
      take(size) {
        if (size > left || held === Infinity) return false;
        left -= size;
        held += size;
        return true;
      },
    };
  };
}

/** Reads a multipart form: texts into `req.body`, files into `req.files`. Any other body passes untouched. */
export function multipart({ field, maxFiles, maxBytes }: UploadLimits, room: Room): RequestHandler {
  const limits = { fileSize: maxBytes, files: maxFiles, fields: 50, fieldSize: 64 * 1024, fieldNameSize: 200 };
  return (req, res, next) =>
    void multer({ storage: inMemory(room(res)), limits }).array(field, maxFiles)(req, res, (error: unknown) =>
      next(error === undefined || error === null ? undefined : uploadError(error, field, maxFiles)),
    );
}

/** As multer's own, but for the room. */
const inMemory = (room: ReturnType<Room>): StorageEngine => ({
  _handleFile(_req, { stream }, done) {
    const chunks: Buffer[] = [];
    let full = false;
    stream.on('data', (chunk: Buffer) => {
      if (full) return; // read and dropped, so that the sender gets to the answer
      if (room.take(chunk.length)) return void chunks.push(chunk);
      full = true;
      chunks.length = 0;
      done(new AppError(503, 'busy', 'Se están cargando muchos archivos; volvé a intentarlo en un momento.', { retryAfter: 5 }));
    });
    stream.on('end', () => {
      if (!full) done(null, { buffer: Buffer.concat(chunks) });
    });
  },
  _removeFile: (_req, _file, done) => done(null),
});

/** Whatever stops the parser is the sender's doing: a form cut short, a wrong part, too much of something. */
function uploadError(error: unknown, field: string, maxFiles: number): AppError {
  if (error instanceof AppError) return error;
  const code = error instanceof multer.MulterError ? error.code : undefined;
  if (code === 'LIMIT_FILE_SIZE') return new AppError(413, 'too_large', 'Un archivo supera el tamaño permitido.');
  if (code === 'LIMIT_FILE_COUNT')
    return badRequest(maxFiles === 1 ? 'Se admite un solo archivo.' : `Se admiten hasta ${maxFiles} archivos.`);
  if (code === 'LIMIT_UNEXPECTED_FILE')
    return badRequest(
      maxFiles === 1
        ? `Se admite un solo archivo, en la parte «${field}».`
        : `Los archivos van en la parte «${field}», hasta ${maxFiles}.`,
    );
  return badRequest('El formulario está mal formado.');
}
