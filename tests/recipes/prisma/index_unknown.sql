-- DropIndex
DROP INDEX "clip_submissions_clipId_idx";
