"""The marks on the canvas: units, edges, boxes, legends, each drawn from a scene and its layout."""
