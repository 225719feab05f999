import type { RequestHandler } from 'express';
import multer from 'multer';
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

/** Reads a multipart form: texts into `req.body`, files into `req.files`. Any other body passes untouched. */
export function multipart({ field, maxFiles, maxBytes }: UploadLimits): RequestHandler {
  const read = multer({
    storage: multer.memoryStorage(),
    limits: { fileSize: maxBytes, files: maxFiles, fields: 50, fieldSize: 64 * 1024, fieldNameSize: 200 },
  }).array(field, maxFiles);
  return (req, res, next) =>
    void read(req, res, (error: unknown) =>
      next(error === undefined || error === null ? undefined : uploadError(error, field, maxFiles)),
    );
}

/** Whatever stops the parser is the sender's doing: a form cut short, a wrong part, too much of something. */
function uploadError(error: unknown, field: string, maxFiles: number): AppError {
  const code = error instanceof multer.MulterError ? error.code : undefined;
  if (code === 'LIMIT_FILE_SIZE') return new AppError(413, 'too_large', 'Un archivo supera el tamaño permitido.');
  if (code === 'LIMIT_FILE_COUNT') return badRequest(`Se admiten hasta ${maxFiles} archivos.`);
  if (code === 'LIMIT_UNEXPECTED_FILE')
    return badRequest(`Los archivos van en «${field}», y son ${maxFiles} como máximo.`);
  return badRequest('El formulario está mal formado.');
}
